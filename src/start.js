import module from 'node:module'
import { join } from 'node:path'
import process from 'node:process'

// JavaScript, and importing nothing new by name, so that an older Node can read it.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `This app needs Node 24.15 or newer; this is Node ${process.versions.node}. npm start runs it on the Node that npm ci installed.\n`,
  )
  process.exit(1)
}

// Code that the last run compiled is used again. NODE_COMPILE_CACHE names another folder.
module.enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compiled'))
await import('./main.ts')
