import { CommanderError } from 'commander'
import { NoValidTokenError } from '../accounts/tokens.ts'
import { ConfigError } from '../config.ts'
import { AppError, isAppError } from '../errors/errors.ts'
import { explain } from '../errors/explain.ts'
import { ENVIRONMENT_NAMES } from '../errors/settingNames.ts'
import { plainText, print, say, styled, type Terminal } from './terminal.ts'

/** Why a command failed, for programs. */
export interface Failure {
  /** `usage`, `settings`, the code of an explained error, or `failed` for all others. */
  name: string
  /** What it means, in a sentence or more. */
  message: string
  /** What to do, in this order; of settings, what is wrong with them. */
  steps: readonly string[]
}

/** A mistake in the arguments; the command exits with status 2. */
export function usageError(message: string): AppError {
  return new AppError('usage', { message })
}

/** Says why a command failed: on standard error for people, and as one line of JSON on standard output for programs. */
export function reportFailure(error: unknown, terminal: Terminal, isJson: boolean): Failure {
  const failure = describe(error)
  if (isJson) print(terminal, JSON.stringify({ error: failure }))
  say(terminal, isExplained(error) ? explanation(error, terminal) : sentences(failure))
  return failure
}

/** An explained error for people: what it means, and what to do. The reader runs the app, and gets the operator's part. */
export function explanation(error: unknown, { messages }: Terminal): string {
  const { title, meaning } = explain(error, ENVIRONMENT_NAMES)
  return [
    `${styled(messages, 'red', '✗')} ${styled(messages, 'bold', title)}`,
    `  ${meaning}`,
    ...stepsOf(error).map((step) => `  → ${step}`),
  ].join('\n')
}

function describe(error: unknown): Failure {
  if (error instanceof ConfigError)
    return {
      name: 'settings',
      message: 'The settings (options, environment or .env) need mending:',
      steps: error.mistakes,
    }
  if (error instanceof CommanderError) return { name: 'usage', message: parserMessage(error), steps: [] }
  if (isExplained(error)) {
    const { name, title, meaning } = explain(error, ENVIRONMENT_NAMES)
    return { name, message: `${title}: ${meaning}`, steps: stepsOf(error) }
  }
  const message = plainText(error instanceof Error ? error.message : String(error))
  return { name: isAppError(error, 'usage') ? 'usage' : 'failed', message, steps: [] }
}

function sentences({ name, message, steps }: Failure): string {
  if (name === 'failed') return `Cannot go on: ${message}`
  return [message, ...steps.map((step) => `  - ${step}`)].join('\n')
}

/** Whether the catalogue says more than the message. Of a database that is unavailable, the message names it. */
function isExplained(error: unknown): error is AppError {
  return isAppError(error) && !isAppError(error, 'usage', 'settings', 'internal', 'database_unavailable')
}

function stepsOf(error: unknown): readonly string[] {
  const { steps } = explain(error, ENVIRONMENT_NAMES)
  const isLost = error instanceof NoValidTokenError
  return isLost ? [...steps, 'To connect it again: instagram-access-token'] : steps
}

/** A sentence of commander's, such as “error: unknown option '--jason'”. */
function parserMessage({ message }: CommanderError): string {
  const text = plainText(message).replace(/^error: /, '')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
