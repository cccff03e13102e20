import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// What npm start runs: the process, from code that the last one compiled, written when it ended. JavaScript, for Node would load its
// TypeScript compiler for this file alone. NODE_COMPILE_CACHE names another folder; one that cannot be written is done without.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compiled'))
await import('./main.ts')
