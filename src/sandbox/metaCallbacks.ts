import { createHmac } from 'node:crypto'
import { Agent, fetch } from 'undici'
import type { RegisteredApp } from './tokens.ts'

/** Meta's callbacks to an app about a person. */
export type Notice = 'deauthorize' | 'data_deletion'

/** The content of a `signed_request`. */
interface SignedClaims {
  /** The app-scoped id. */
  userId: string
  issuedAt: Date
  /** The id as text, as Meta documents it, or as a bare number, which occurs too. Default `string`. */
  userIdAs?: 'string' | 'number'
}

/** Differences from Meta's usual call. */
export type NoticeOptions = Partial<SignedClaims> & {
  /** Signs the request. Default: the app's secret. */
  secret?: string
}

/** The app's response to a callback of Meta's. */
export interface NoticeAnswer {
  /** The address that was called. */
  sentTo: string
  /** `null`: there was no response. */
  status: number | null
  /** The body, or why there was no response. */
  body: string
  /** What Meta would reject; `null`: nothing. */
  problem: string | null
  /** Where the person can follow the deletion; `null` if the app named no such page. */
  statusUrl: string | null
}

const TIME_LIMIT_MS = 10_000

/** Calls the app about a person, and reports its response; `undefined`: no address is registered for this. */
export async function sendNotice(
  notice: Notice,
  app: RegisteredApp,
  claims: SignedClaims,
  secret = app.clientSecret,
): Promise<NoticeAnswer | undefined> {
  const sentTo = notice === 'deauthorize' ? app.deauthorizeUrl : app.dataDeletionUrl
  if (sentTo === undefined) return undefined
  const dispatcher = new Agent({ connect: app.certificate ? { ca: app.certificate } : {} })
  try {
    const response = await fetch(sentTo, {
      method: 'POST',
      body: new URLSearchParams({ signed_request: signedRequest(claims, secret) }),
      redirect: 'manual',
      dispatcher,
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
    })
    const { status } = response
    const body = await response.text()
    return { sentTo, status, body, ...assess(notice, status, body) }
  } catch (error) {
    const body = error instanceof Error ? error.message : String(error)
    return { sentTo, status: null, body, problem: 'The app could not be reached.', statusUrl: null }
  } finally {
    await dispatcher.close()
  }
}

/** @see https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback */
function assess(notice: Notice, status: number, body: string): Pick<NoticeAnswer, 'problem' | 'statusUrl'> {
  if (status !== 200) return { problem: 'Meta expects the status 200.', statusUrl: null }
  if (notice === 'deauthorize') return { problem: null, statusUrl: null }
  const statusUrl = statusUrlIn(body)
  const problem = 'Meta expects JSON with an http “url” and a “confirmation_code” of letters and digits.'
  return { problem: statusUrl === null ? problem : null, statusUrl }
}

function statusUrlIn(body: string): string | null {
  try {
    const { url, confirmation_code: code } = JSON.parse(body) as Partial<Record<string, unknown>>
    const isGood =
      typeof url === 'string' && /^https?:/.test(url) && typeof code === 'string' && /^[a-z0-9]+$/i.test(code)
    return isGood ? url : null
  } catch {
    // Not JSON, or null.
    return null
  }
}

/**
 * A `signed_request` as Meta makes it: base64url without padding, the signature over the encoded payload.
 * Built as text, because a bare id is a number that JavaScript cannot hold.
 */
export function signedRequest({ userId, issuedAt, userIdAs = 'string' }: SignedClaims, secret: string): string {
  const id = userIdAs === 'number' ? userId : JSON.stringify(userId)
  const seconds = Math.floor(issuedAt.getTime() / 1000)
  const payload = Buffer.from(`{"user_id":${id},"algorithm":"HMAC-SHA256","issued_at":${seconds}}`)
  const encoded = payload.toString('base64url')
  return `${createHmac('sha256', secret).update(encoded).digest('base64url')}.${encoded}`
}
