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
  /** Needs attention soon: a token cannot be refreshed, an account must be reconnected. */
  warn(details: object, message: string): void
  /** Needs attention now: the database is unavailable, an event was dropped. */
  error(details: object, message: string): void
}

/** Writes one line, as pino does: details (or an error) and a message, or a message alone. */
export interface LogMethod {
  (details: object, message?: string): void
  (message: string): void
}

/** The internal logger. pino loggers have this type. */
export interface Logger {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
  fatal: LogMethod
  /** Whether lines of a level are written; left out: unknown. */
  isLevelEnabled?(level: string): boolean
  /** A logger that adds these details to every line; `options` are for pino. */
  child(bindings: Record<string, unknown>, options?: object): Logger
}

/** Deepest level of details that are logged. */
const MAX_DEPTH = 8

/** Escapes control characters, line ends and bidi controls as JSON does (`\u001b`): foreign text cannot control a terminal or forge a line. */
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
 * The log of the web app, on standard output: in a terminal one readable line for each request, elsewhere JSON. Lines that wait are written
 * when the process exits; a process that is killed may lose its last ones.
 */
export async function createLog({ logLevel }: Pick<Config, 'logLevel'>): Promise<Logger> {
  const options = { level: logLevel, base: null, serializers: { err: pino.stdSerializers.errWithCause } }
  if (!process.stdout.isTTY) return hostLogger(pino(options))
  const { default: pretty } = await import('pino-pretty')
  const stream = pretty({
    ...{ sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss' },
    ignore: 'pid,hostname,req,res,route,outcome,responseTime,failure,explained,fixable_by,fix',
    messageFormat: `{msg}{if route}: {req.method} {route} {res.status} {outcome}, {responseTime} ms{end}{if failure}: {failure}{end}{if fix} → {fix}{end}{if req} ({req.id}){end}`,
  })
  return hostLogger(pino({ ...options, formatters: { log: withoutStack } }, stream))
}

/** What is logged of a request, with a stack only if nobody expected its error. */
function withoutStack({ err, ...line }: Record<string, unknown>): Record<string, unknown> {
  if (!(err instanceof Error) || !('route' in line) || line['outcome'] === 'internal') return { ...line, err }
  const { message, cause } = err
  return { ...line, failure: cause instanceof Error ? `${message}: ${cause.message}` : message }
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
export function hostLogger(log: Log | Logger = onConsole, bindings = {}): Logger {
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
        ? hostLogger(log.child(escapeAll(more) as Record<string, unknown>, options))
        : hostLogger(log, { ...bindings, ...more }),
  }
}
