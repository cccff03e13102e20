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
  /** Whether lines of a level are written; left out: nobody knows. */
  isLevelEnabled?(level: string): boolean
  /** A logger that adds these details to every line; `options` are for pino. */
  child(bindings: Record<string, unknown>, options?: object): Logger
}

/** Deepest level of details that are logged. */
const MAX_DEPTH = 8

/** Escapes control characters, line ends and bidi controls as JSON does (`\u001b`): text from outside steers no terminal and forges no line. */
export function escapeControls(text: string): string {
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, escape)
}

/** Escapes as {@link escapeControls}, but keeps line feeds and tabs: for text of several lines. */
export function escapeInLines(text: string): string {
  return /^[ -~\n\t]*$/.test(text) ? text : text.replace(/[^\n\t]+/g, escapeControls)
}

/** A value with every text in it escaped. Errors keep their class; objects of other classes stay as they are. */
function escapeAll(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return escapeInLines(value)
  if (typeof value !== 'object' || value === null) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  const isError = value instanceof Error
  if (!isError && !Array.isArray(value) && prototype !== Object.prototype) return value
  if (depth === MAX_DEPTH) return '…'
  if (Array.isArray(value)) return value.map((item) => escapeAll(item, depth + 1))
  const copy: object = isError ? (Object.setPrototypeOf(new Error(), prototype as object) as object) : {}
  for (const name of Reflect.ownKeys(value)) {
    const escaped = escapeAll(Reflect.get(value, name), depth + 1)
    const enumerable = Object.prototype.propertyIsEnumerable.call(value, name)
    Object.defineProperty(copy, name, { value: escaped, enumerable, writable: true, configurable: true })
  }
  return copy
}

/**
 * The log of the web app, on standard output: readable lines in a terminal, JSON elsewhere. Lines that wait are written when the process
 * exits; a process that is killed may lose its last ones.
 */
export async function createLog({ logLevel }: Pick<Config, 'logLevel'>): Promise<Logger> {
  const options = { level: logLevel, base: null, serializers: { err: pino.stdSerializers.errWithCause } }
  const { isTTY } = process.stdout
  const pretty = isTTY && (await import('pino-pretty')).default({ ignore: 'pid,hostname', sync: true })
  return hostLogger(pretty ? pino(options, pretty) : pino(options))
}

const quiet = () => undefined
const onConsole: Log & Pick<Logger, 'isLevelEnabled'> = {
  isLevelEnabled: (level) => level === 'warn' || level === 'error',
  debug: quiet,
  info: quiet,
  warn: (details, message) => {
    console.warn('instagram-access-token:', message, details)
  },
  error: (details, message) => {
    console.error('instagram-access-token:', message, details)
  },
}

/** Writes to a logger, in pino's way or by a host's four methods, and escapes every text. Default: warnings and errors to the console. */
export function hostLogger(log: Log | Logger = onConsole): Logger {
  return wrap(log, {})
}

function wrap(log: Log | Logger, bindings: object): Logger {
  const method = (level: keyof Log | 'fatal') => (given: object | string, message?: string) => {
    const details = typeof given === 'string' ? {} : given instanceof Error ? { err: given } : given
    const text = typeof given === 'string' ? given : (message ?? (given instanceof Error ? given.message : ''))
    try {
      const [line, sentence] = [escapeAll({ ...bindings, ...details }) as object, escapeInLines(text)]
      if (level !== 'fatal') log[level](line, sentence)
      else if ('child' in log) log.fatal(line, sentence)
      else log.error(line, sentence)
    } catch (error) {
      onConsole.error({ err: error }, 'the log failed')
    }
  }
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    fatal: method('fatal'),
    isLevelEnabled: (level) => !('isLevelEnabled' in log) || log.isLevelEnabled(level),
    child: (more, options) =>
      'child' in log
        ? wrap(log.child(escapeAll(more) as Record<string, unknown>, options), bindings)
        : wrap(log, { ...bindings, ...more }),
  }
}
