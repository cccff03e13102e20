import { type Dispatcher, errors } from 'undici'
import type { FailureName } from './catalogue/catalogue.ts'
import { InstagramError } from './failure.ts'
import { receive } from './receive.ts'
import { type Usage, usageOf } from './usage.ts'

/** Milliseconds for a whole call, from looking up the name to the last byte of the answer. */
export const CALL_TIME_LIMIT_MS = 10_000

/** Bytes of an answer beyond which we stop reading. */
export const ANSWER_SIZE_LIMIT = 1024 * 1024

/** An answer as it came, whatever it says. */
export interface Answer {
  /** Origin and path of the call; never its query, which may hold a secret. */
  endpoint: string
  status: number
  contentType: string
  body: Buffer
  /** What the call sent that nobody may read again. */
  secrets: readonly string[]
  usage: Usage
}

/** What to send: a form makes it a POST, none a GET. */
export interface Call {
  url: URL
  form?: URLSearchParams
  accept?: string
}

/**
 * One HTTP call. Follows no redirect, sends no cookie, tries once.
 *
 * @throws {InstagramError} `unreachable`, `timed_out`, `too_large`, or `unreadable` when the answer broke off
 */
export async function call(dispatcher: Dispatcher, { url, form, accept }: Call): Promise<Answer> {
  const endpoint = url.origin + url.pathname
  const sent = [...url.searchParams, ...(form ?? [])]
  const secrets = sent.filter(([name, value]) => SECRET_FIELDS.has(name) && value).map(([, value]) => value)
  let status: number | undefined
  try {
    const request = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: form ? 'POST' : 'GET',
      headers: {
        accept: accept ?? 'application/json',
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: form?.toString() ?? null,
    }
    const { headers, body, ...answer } = await receive(dispatcher, request, {
      limitMs: CALL_TIME_LIMIT_MS,
      onStatus: (answered) => {
        status = answered
      },
    })
    const [contentType = ''] = String(headers['content-type'] ?? '').split(';', 1)
    return { endpoint, status: answer.status, contentType, secrets, usage: usageOf(headers), body }
  } catch (cause) {
    const evidence = { endpoint, ...(status !== undefined && { status }) }
    throw new InstagramError(failureOf(cause, status !== undefined), evidence, { cause: withoutBytes(cause) })
  }
}

/** What undici's parser could not read, it carries along; that may be a token. */
function withoutBytes(error: unknown): unknown {
  return error instanceof errors.HTTPParserError ? Object.assign(error, { data: undefined }) : error
}

const SECRET_FIELDS = new Set(['client_secret', 'code', 'access_token'])

function failureOf(error: unknown, answering: boolean): FailureName {
  if (error instanceof errors.ResponseExceededMaxSizeError) return 'too_large'
  const timeouts = [errors.ConnectTimeoutError, errors.HeadersTimeoutError, errors.BodyTimeoutError]
  const late = error instanceof Error && error.name === 'TimeoutError'
  if (late || timeouts.some((timeout) => error instanceof timeout)) return 'timed_out'
  return answering ? 'unreadable' : 'unreachable'
}
