import pino, { type Logger, type LoggerOptions } from 'pino'
import { withOptionNames } from '../login/optionNames.ts'

/**
 * Where we write what happens: pino's way, details first, so that a pino logger fits as it is, and so does `console`. No line holds a
 * token, a code, a secret or a key. An error is in the details as `err`: the Error itself, with its `cause`.
 */
export interface Log {
  /** What helps nobody but us. */
  debug(details: object, message: string): void
  /** What happens every day: an account was connected, a token was refreshed, a request was answered. */
  info(details: object, message: string): void
  /** What somebody should see to before long: a token cannot be refreshed, an account needs its person. */
  warn(details: object, message: string): void
  /** What is broken now: the database is away, an event was given up. */
  error(details: object, message: string): void
}

/** A library keeps quiet, but what goes wrong is not lost. */
const onConsole: Log = {
  debug: nothing,
  info: nothing,
  warn(details, message) {
    console.warn(`instagram-access-token: ${message}`, details)
  },
  error(details, message) {
    console.error(`instagram-access-token: ${message}`, details)
  },
}

function nothing(): void {
  // Said to nobody.
}

/**
 * A logger that writes to the host's log; without one, warnings and errors go to the console. It is our own pino whatever the host's is:
 * pino-http needs the very pino that it brings along.
 */
export function logInto(log: Log = onConsole): Logger {
  let error: Error | undefined
  const options: LoggerOptions = {
    level: log === onConsole ? 'warn' : 'debug',
    base: null,
    timestamp: false,
    hooks: {
      // What is written is text, and the error only told in it.
      logMethod(given, method) {
        error = errorIn(given[0])
        method.apply(this, given)
      },
    },
  }
  return pino(options, {
    write(line) {
      const { level, msg, ...told } = JSON.parse(line) as { level: number; msg?: string; fix?: string }
      const details = told.fix === undefined ? told : { ...told, fix: withOptionNames(told.fix) }
      try {
        log[nameOf(level)](error ? { ...details, err: error } : details, msg ?? '')
      } catch (cause) {
        // It is called where nobody catches, and a line is no reason to end the host.
        onConsole.error({ err: cause }, 'the log failed')
      }
    },
  })
}

/** As pino finds it: given alone, or in the details. */
function errorIn(given: unknown): Error | undefined {
  if (given instanceof Error) return given
  const { err } = Object(given) as { err?: unknown }
  return err instanceof Error ? err : undefined
}

function nameOf(level: number): keyof Log {
  if (level >= 50) return 'error'
  if (level >= 40) return 'warn'
  return level >= 30 ? 'info' : 'debug'
}
