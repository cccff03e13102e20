import type { Config } from './config.ts'

/**
 * A logger of the host app: a pino logger, `console`, or any object with these methods. Details come first, as in pino. No line contains a
 * token, a code, a secret or a key. An error is in the details as `err`: the Error itself, with its `cause`.
 */
export interface Log {
  /** Details for debugging. */
  debug(details: object, message: string): void
  /** Normal events: an account was connected, a token was refreshed, a request was answered. */
  info(details: object, message: string): void
  /** Needs attention before long: a token cannot be refreshed, an account needs its person. */
  warn(details: object, message: string): void
  /** Broken now: the database is unavailable, an event was given up. */
  error(details: object, message: string): void
}

/** Writes one line, as pino does: details and a message, an error, or a message alone. */
export interface LogMethod {
  (details: object, message?: string): void
  (message: string): void
}

/** The logger that everything here uses. pino loggers fit. */
export interface Logger {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
  fatal: LogMethod
  /** A logger that adds these details to every line. */
  child(bindings: Record<string, unknown>): Logger
}

/** The log of the web app, on standard output: readable lines in a terminal, JSON elsewhere. */
export function createLog(config: Pick<Config, 'logLevel'>): Promise<Logger> {
  throw new Error(`not yet ${String(config)}`)
}

/** Writes to the logger of a host app. Default: warnings and errors to the console. */
export function hostLogger(log?: Log): Logger {
  throw new Error(`not yet ${String(log)}`)
}
