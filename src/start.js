import './checkNode.js'
import module from 'node:module'
import { join } from 'node:path'

// Code that the last run compiled is used again. NODE_COMPILE_CACHE names another folder.
module.enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compiled'))
await import('./main.ts')
