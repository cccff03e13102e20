import { ConfigError } from '../settings/config.ts'
import { UsageError } from './arguments.ts'
import { inLines } from './plainText.ts'

/** Why a command could not do what was asked, for programs. */
export interface Failed {
  /** By which they know it: `usage`, `settings`, the name of a failure that we explain, or `failed` for all others. */
  name: string
  /** What it means, in a sentence or more. */
  message: string
  /** What to do, one after the other; of settings, what is wrong with them. */
  steps: readonly string[]
}

/** What programs are told of an error that has no explanation of its own. */
export function failedBy(error: unknown): Failed {
  if (error instanceof ConfigError) return { name: 'settings', message: MENDING, steps: error.mistakes }
  const name = error instanceof UsageError ? 'usage' : 'failed'
  return { name, message: inLines(error instanceof Error ? error.message : String(error)), steps: [] }
}

/** The line that programs get in place of an answer. */
export function inJson(error: Failed): string {
  return JSON.stringify({ error })
}

/** The same for whoever reads a terminal: sentences, not a stack. */
export function inWords(error: unknown): string {
  const { name, message, steps } = failedBy(error)
  if (name === 'failed') return `Cannot go on: ${message}`
  return [message, ...steps.map((step) => `  - ${step}`)].join('\n')
}

const MENDING = 'The settings (options, environment or .env) need mending:'
