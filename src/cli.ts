#!/usr/bin/env node
import { config as readDotenv } from 'dotenv'
import { run } from './cli/run.ts'

// The command line: `npx instagram-access-token …`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit() // Whoever read it, such as `head`, has had enough.
  console.error(`Cannot go on: the output cannot be written: ${error.message}`)
  process.exit(1)
})
const environment = { ...process.env }
readDotenv({ quiet: true, processEnv: environment })
process.exitCode = await run(process.argv.slice(2), {
  environment,
  input: process.stdin,
  output: process.stdout,
  messages: process.stderr,
})
