#!/usr/bin/env node
import '../checkNode.js'

const { main } = await import('./main.ts')
await main()
