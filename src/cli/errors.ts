import { CommanderError } from 'commander'
import { NoValidTokenError } from '../accounts/tokens.ts'
import { ConfigError } from '../config.ts'
import { AppError, isAppError } from '../errors/errors.ts'
import { explain } from '../errors/explain.ts'
import { ENVIRONMENT_NAMES } from '../errors/settingNames.ts'
import { plainLine, print, say, styled, type Terminal } from './terminal.ts'

/** Why a command failed, for programs. */
interface Failure {
  /** `usage`, `settings`, the code of an explained error, or `failed` for all others. */
  name: string
  message: string
  /** What to do, in this order; of settings, what is wrong with them. */
  steps: readonly string[]
}

/** A mistake in the arguments; the command exits with status 2. */
export function usageError(message: string): AppError {
  return new AppError('usage', { message })
}

/** Says why a command failed, to people on standard error, and to programs as JSON on standard output. Returns the failure's name. */
export function reportFailure(error: unknown, terminal: Terminal, isJson: boolean): string {
  const failure = describe(error)
  const { name, message, steps } = failure
  if (isJson) print(terminal, JSON.stringify({ error: failure }))
  const mark = styled(terminal.messages, 'red', '✗')
  if (isExplained(error)) say(terminal, explanation(error, terminal))
  else say(terminal, [`${mark} ${message}`, ...steps.map((step) => `  - ${step}`)].join('\n'))
  return name
}

/** What an error, or a text of Instagram's, means and what to do about it. The reader runs the app, and gets the operator's part. */
export function explanation(what: unknown, { messages }: Terminal): string {
  const { name, title, meaning } = explain(what, ENVIRONMENT_NAMES)
  const evidence = name === 'unknown' && what instanceof Error ? [`  ${plainLine(what.message)}`] : []
  const head = `${styled(messages, 'red', '✗')} ${styled(messages, 'bold', title)}`
  return [head, `  ${meaning}`, ...evidence, ...stepsOf(what).map((step) => `  → ${step}`)].join('\n')
}

function describe(error: unknown): Failure {
  if (error instanceof ConfigError) {
    return { name: 'settings', message: 'Invalid settings (options, environment or .env):', steps: error.mistakes }
  }
  if (isExplained(error)) {
    const { name, title, meaning } = explain(error, ENVIRONMENT_NAMES)
    return { name, message: `${title}: ${meaning}`, steps: stepsOf(error) }
  }
  const text = error instanceof Error ? sentenceOf(error) : String(error)
  const message = text.split('\n').map(plainLine).join('\n')
  if (!(error instanceof CommanderError))
    return { name: isAppError(error, 'usage') ? 'usage' : 'failed', message, steps: [] }
  // Such as “error: unknown option '--jason'\n(Did you mean --json?)”.
  const [, first = '', rest = ''] = /^error: (.)([^]*)$/.exec(message.replace(/\n\((.*)\)$/, '. $1')) ?? []
  return { name: 'usage', message: first.toUpperCase() + rest, steps: [] }
}

/** The message of an error, or what it means that a port is taken. */
function sentenceOf(error: NodeJS.ErrnoException & { port?: number }): string {
  return error.code === 'EADDRINUSE' ? `Port ${error.port} is in use. Choose another one with --port.` : error.message
}

/** Whether the catalogue explains the error better than its message, which names the database if that is unavailable. */
function isExplained(error: unknown): boolean {
  return isAppError(error) && !isAppError(error, 'usage', 'settings', 'internal', 'database_unavailable')
}

function stepsOf(what: unknown): readonly string[] {
  const { steps } = explain(what, ENVIRONMENT_NAMES)
  return what instanceof NoValidTokenError ? [...steps, 'To reconnect it, run: instagram-access-token login'] : steps
}
