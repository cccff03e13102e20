import './checkNode.js'
import module from 'node:module'
import { join } from 'node:path'

// Reuses code that an earlier run compiled. NODE_COMPILE_CACHE sets another folder.
module.enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compiled'))
await import('./main.ts')
