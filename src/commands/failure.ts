import { ConfigError } from '../settings/config.ts'
import { UsageError } from './arguments.ts'
import { inLines } from './plainText.ts'

/** Why a command could not do what was asked, for whoever reads a terminal: sentences, not a stack. */
export function inWords(error: unknown): string {
  if (error instanceof ConfigError)
    return `The settings (options, environment or .env) need mending:\n  - ${error.mistakes.join('\n  - ')}`
  const reason = inLines(error instanceof Error ? error.message : String(error))
  return error instanceof UsageError ? reason : `Cannot go on: ${reason}`
}
