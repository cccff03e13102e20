import pino from 'pino'
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

/** Writes one line, as pino does: details (or an error) and a message, or a message alone. */
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
  /** A logger that adds these details to every line; `options` are for pino. */
  child(bindings: Record<string, unknown>, options?: object): Logger
}

/**
 * The log of the web app, on standard output: readable lines in a terminal, JSON elsewhere. Lines that wait are written when the process
 * exits; a process that is killed may lose its last ones.
 */
export async function createLog({ logLevel }: Pick<Config, 'logLevel'>): Promise<Logger> {
  const options = { level: logLevel, base: null, serializers: { err: pino.stdSerializers.errWithCause } }
  const { isTTY } = process.stdout
  const pretty = isTTY && (await import('pino-pretty')).default({ ignore: 'pid,hostname', sync: true })
  const log: Logger = pretty ? pino(options, pretty) : pino(options)
  return log
}

const quiet = () => undefined
const onConsole: Log = {
  debug: quiet,
  info: quiet,
  warn: (details, message) => {
    console.warn('instagram-access-token:', message, details)
  },
  error: (details, message) => {
    console.error('instagram-access-token:', message, details)
  },
}

/** Writes to the logger of a host app: pino's as it is, others by their four methods. Default: warnings and errors to the console. */
export function hostLogger(log: Log | Logger = onConsole): Logger {
  return 'child' in log ? log : wrap(log, {})
}

function wrap(log: Log, bindings: object): Logger {
  const method = (level: keyof Log) => (given: object | string, message?: string) => {
    const details = typeof given === 'string' ? {} : given instanceof Error ? { err: given } : given
    const text = typeof given === 'string' ? given : (message ?? (given instanceof Error ? given.message : ''))
    try {
      log[level]({ ...bindings, ...details }, text)
    } catch (error) {
      onConsole.error({ err: error }, 'the log failed')
    }
  }
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    fatal: method('error'),
    child: (more) => wrap(log, { ...bindings, ...more }),
  }
}
