import * as zlib from 'node:zlib'
import { type Dispatcher, errors, request } from 'undici'
import type { ProxySettings } from '../config.ts'
import type { InstagramErrorKind } from '../errors/catalogue/entry.ts'
import type { InstagramErrorCode } from '../errors/catalogue.ts'
import { type Evidence, InstagramError, isAppError } from '../errors/errors.ts'
import type { Logger } from '../log.ts'
import { createAgent, withoutData } from '../proxy.ts'
import { CLOCK_TOLERANCE_MS, type HttpResponse, readUsage } from './responses.ts'
import { nameOf, shapeOf } from './shape.ts'

/** Milliseconds for a whole call, from DNS to the last byte of the response. */
const TIME_LIMIT_MS = 10_000

/** Bytes of a response. */
const SIZE_LIMIT = 1024 * 1024

/** Bytes of a response’s headers; a proxy may add its own. */
const HEADERS_LIMIT = 64 * 1024

/**
 * Milliseconds for which an idle connection is kept, whatever the server offers: a code sent on one that broke unnoticed would be lost.
 */
const IDLE_LIMIT_MS = 1_000

/** How many characters of Instagram’s message an error contains. */
const MAX_MESSAGE_LENGTH = 500

/** Fields of a request that are masked in errors. */
const SECRET_FIELDS = new Set(['client_secret', 'code', 'access_token'])

/** Names of the endpoints, as in the metrics. */
export type Endpoint = 'token' | 'long_lived' | 'refresh' | 'me' | 'revoke' | 'picture'

/** A finished call. */
export interface FinishedCall {
  endpoint: Endpoint
  outcome: 'ok' | InstagramErrorKind
  seconds: number
}

/** What to call: with a form by POST, else by GET unless `method` says otherwise. */
interface Call {
  endpoint: Endpoint
  method?: 'DELETE'
  url: URL
  form?: URLSearchParams
  accept?: string
  /** Default: ten seconds. */
  timeLimitMs?: number
}

/** How calls are made. */
export interface HttpOptions {
  now: () => Date
  /** Default: none. */
  proxy?: ProxySettings
  /** Default: nothing is logged. */
  log?: Logger
  /** Called after each call, failed or not. */
  onCall?: ((call: FinishedCall) => void) | undefined
  /** A `Dispatcher` of undici, whose types stay out of the package’s. Default: connections of its own. */
  dispatcher?: object
}

/** Creates an HTTP client for Instagram. */
export function createHttp(options: HttpOptions) {
  const { onCall, now, proxy = {}, log } = options
  const dispatcher = (options.dispatcher ?? createAgent(proxy, CONNECTIONS)) as Dispatcher
  /** How far ahead the clock was when the log last reported it, in ms. */
  let loggedMs = 0

  /** Logs once that this machine's clock and Instagram's differ, until the difference changes. */
  function checkClock(aheadMs: number): void {
    if (Math.abs(aheadMs - loggedMs) <= CLOCK_TOLERANCE_MS) return
    const isRight = Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS
    loggedMs = isRight ? 0 : aheadMs
    const difference = `${Math.round(Math.abs(aheadMs) / 1000)} seconds ${aheadMs > 0 ? 'ahead of' : 'behind'}`
    const fix = 'Set the clock, and synchronize it with NTP: timedatectl set-ntp true.'
    if (isRight) log?.info('this machine’s clock matches Instagram’s again')
    else log?.warn({ fix }, `this machine’s clock is ${difference} Instagram’s`)
  }

  return {
    /**
     * Makes one call and returns the result of `read`. Follows no redirect and sends no cookie. Retries, once, only a GET whose connection
     * breaks before the response.
     *
     * @throws {InstagramError} `unreachable`, `proxy_failed`, `timed_out`, `too_large`, `unreadable`, or what `read` throws
     */
    async call<Result>(call: Call, read: (response: HttpResponse) => Result): Promise<Result> {
      const began = performance.now()
      const finish = (outcome: FinishedCall['outcome']) =>
        onCall?.({ endpoint: call.endpoint, outcome, seconds: (performance.now() - began) / 1000 })
      try {
        const response = await send(call, dispatcher, now)
        const { status, headers, body, clockAheadMs } = response
        // Pictures may come from a cache.
        if (clockAheadMs !== undefined && call.endpoint !== 'picture') checkClock(clockAheadMs)
        if (log && log.isLevelEnabled?.('debug') !== false) {
          const shape = { status, headers: Object.keys(headers).map(nameOf), bytes: body.length, body: shapeOf(body) }
          log.debug({ endpoint: call.endpoint, ...shape }, 'shape of a response of Instagram')
        }
        const result = read(response)
        finish('ok')
        return result
      } catch (error) {
        if (error instanceof InstagramError) finish(error.kind)
        throw error
      }
    },

    /** Closes the connections after the calls under way. */
    close: () => dispatcher.close(),
  }
}

/** How connections are kept and read. Through a proxy, http is tunnelled like https, because the limits would not hold otherwise. */
const CONNECTIONS = {
  maxResponseSize: SIZE_LIMIT,
  maxHeaderSize: HEADERS_LIMIT,
  keepAliveTimeout: IDLE_LIMIT_MS,
  keepAliveMaxTimeout: IDLE_LIMIT_MS,
  proxyTunnel: true,
}

async function send(
  { url, method, form, accept = 'application/json', timeLimitMs = TIME_LIMIT_MS }: Call,
  dispatcher: Dispatcher,
  now: () => Date,
): Promise<HttpResponse> {
  const address = url.origin + url.pathname
  const abort = new AbortController()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = new DOMException(`No complete response within ${timeLimitMs} ms`, 'TimeoutError')
    abort.abort(error)
    // undici heeds the signal only once it is connected.
    late.reject(error)
  }, timeLimitMs)
  const verb = method ?? (form ? 'POST' : 'GET')
  const attempt = () =>
    request(url, {
      dispatcher,
      method: verb,
      headers: { accept, ...(form && { 'content-type': 'application/x-www-form-urlencoded' }) },
      body: form?.toString() ?? null,
      signal: abort.signal,
    })
  const sentAt = now()
  let status: number | undefined
  try {
    const responding = attempt().catch((error: unknown) => {
      if (verb !== 'GET' || !isBroken(error)) throw error
      return attempt()
    })
    const { statusCode, headers, body } = await Promise.race([responding, late.promise])
    status = statusCode
    const date = Date.parse(String(headers['date']))
    const bytes = decode(Buffer.from(await body.arrayBuffer()), headers['content-encoding'])
    const [contentType = ''] = String(headers['content-type'] ?? '').split(';', 1)
    return {
      address,
      status,
      contentType: contentType.trim().slice(0, MAX_MESSAGE_LENGTH),
      body: bytes,
      headers,
      usage: readUsage(headers),
      clockAheadMs: Number.isNaN(date) ? undefined : Math.round((sentAt.getTime() + now().getTime()) / 2 - date),
      mask: (text) => maskSecrets(text, [...url.searchParams, ...(form ?? [])]),
    }
  } catch (cause) {
    const received = malformed(cause)
    const evidence = { endpoint: address, ...(status !== undefined && { status }), ...(received && { received }) }
    throw new InstagramError(codeOf(cause, evidence), evidence, { cause: withoutData(cause) })
  } finally {
    clearTimeout(timer)
  }
}

function maskSecrets(text: string, fields: readonly (readonly [name: string, value: string])[]): string {
  return fields
    .filter(([name, value]) => SECRET_FIELDS.has(name) && value)
    .reduce((masked, [, secret]) => masked.replaceAll(secret, '…'), text)
    .replace(/[\w-]{40,}/g, '…')
    .slice(0, MAX_MESSAGE_LENGTH)
}

type Decoder = (body: Buffer, options: { maxOutputLength: number }) => Buffer

const DECODERS = new Map<string, Decoder>([
  ['gzip', zlib.gunzipSync],
  ['x-gzip', zlib.gunzipSync],
  ['deflate', inflate],
  ['br', zlib.brotliDecompressSync],
  ['zstd', zlib.zstdDecompressSync],
])

/** Decodes a body. We ask for no coding, but a proxy may compress all the same. Unknown codings leave it as it is. */
function decode(bytes: Buffer, codings: string | string[] = ''): Buffer {
  const decoders = String(codings)
    .split(',')
    .flatMap((coding) => DECODERS.get(coding.trim().toLowerCase()) ?? [])
  return decoders.reduceRight((body, decoder) => decoder(body, { maxOutputLength: SIZE_LIMIT }), bytes)
}

/** Some servers leave out the zlib header, whose first byte ends in 8. */
function inflate(body: Buffer, options: { maxOutputLength: number }): Buffer {
  return (body[0] ?? 0) % 16 === 8 ? zlib.inflateSync(body, options) : zlib.inflateRawSync(body, options)
}

/** What came that undici refuses as a response; `undefined`: nothing came. */
function malformed(error: unknown): string | undefined {
  if (error instanceof errors.HeadersOverflowError) return `headers of more than ${HEADERS_LIMIT / 1024} kB`
  if (error instanceof errors.HTTPParserError) return 'bytes that are not HTTP'
  if (error instanceof errors.ResponseContentLengthMismatchError) return 'a body of another length than announced'
  if (!(error instanceof errors.SocketError)) return undefined
  if (error.message === 'bad response') return 'an unexpected interim response (100 Continue)'
  return error.message === 'bad upgrade' ? 'a switch to another protocol (101)' : undefined
}

/** Whether a connection broke before a response. A kept one may have been closed by the other side, which we see only when we use it. */
function isBroken(error: unknown): boolean {
  const { code = '' } = error as { code?: string }
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(code) && malformed(error) === undefined
}

function codeOf(error: unknown, { status, received }: Evidence): InstagramErrorCode {
  const isTooLong = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
  if (isAppError(error, 'proxy_failed')) return 'proxy_failed'
  if (isTooLong || error instanceof errors.ResponseExceededMaxSizeError) return 'too_large'
  const isLate = error instanceof Error && error.name === 'TimeoutError'
  if (isLate || error instanceof errors.ConnectTimeoutError) return 'timed_out'
  return status === undefined && received === undefined ? 'unreachable' : 'unreadable'
}
