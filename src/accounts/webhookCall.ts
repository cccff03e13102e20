import { type Dispatcher, errors, request } from 'undici'
import type { Message } from './webhookMessage.ts'

/** Milliseconds for a whole call, from looking up the name to the last byte of the answer. */
const CALL_TIME_LIMIT_MS = 15_000

/** Bytes of an answer beyond which we hang up; what it says is thrown away. */
const ANSWER_SIZE_LIMIT = 64 * 1024

/** Seconds to wait after the first failure, the second and so on, as the specification suggests; after one more, no other try. */
const PAUSES_S = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600]

/** The longest that a `Retry-After` puts off: a day. */
const LONGEST_PAUSE_S = 24 * 3600

/** Part of a pause by which it may be longer, so that what failed together is not tried again together. */
const JITTER = 0.2

/** Why a receiver has not taken an event. */
export interface Refusal {
  cause: unknown
  /** It wants no more of them. */
  isFinal?: boolean
  /** Seconds for which it wants to be left alone. */
  retryAfter?: number
}

/** One POST. Follows no redirect. Never rejects; returns `undefined` where the receiver took it. */
export async function send(
  dispatcher: Dispatcher,
  url: string,
  message: Message,
): Promise<Refusal | undefined> {
  try {
    const signal = AbortSignal.timeout(CALL_TIME_LIMIT_MS)
    const response = await request(url, { dispatcher, method: 'POST', ...message, signal })
    await response.body.dump({ limit: ANSWER_SIZE_LIMIT })
    return refusalOf(response)
  } catch (cause) {
    return { cause: withoutBytes(cause) }
  }
}

function refusalOf({ statusCode: status, headers }: Dispatcher.ResponseData): Refusal | undefined {
  if (status >= 200 && status < 300) return undefined
  const cause = new Error(`The receiver of the webhook answered with status ${status}`)
  if (status === 410) return { cause, isFinal: true }
  const retryAfter = String(headers['retry-after'] ?? '')
  const isTold = (status === 429 || status === 503) && /^\d+$/.test(retryAfter)
  return isTold ? { cause, retryAfter: Number(retryAfter) } : { cause }
}

/** What undici's parser could not read, it carries along; that may be the payload come back. */
function withoutBytes(error: unknown): unknown {
  return error instanceof errors.HTTPParserError ? Object.assign(error, { data: undefined }) : error
}

/** Milliseconds until the next try; `undefined`: there is none. */
export function pauseAfter(tries: number, refusal: Refusal, random: () => number): number | undefined {
  const usual = PAUSES_S[tries - 1]
  if (usual === undefined || refusal.isFinal) return undefined
  const asked = Math.min(refusal.retryAfter ?? 0, LONGEST_PAUSE_S)
  return Math.round(Math.max(usual, asked) * 1000 * (1 + JITTER * random()))
}
