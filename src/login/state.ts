import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'

/** Milliseconds between Get Started and the way back, after which a `state` is too old. */
export const STATE_LIFETIME_MS = 10 * 60 * 1000

/** What a `state` tells of the login for which it was made. */
export interface State {
  madeAt: Date
  /** Where the person is to go afterwards, as it was given to {@link createState}. */
  returnTo: string | undefined
}

/**
 * A new `state` (RFC 6749, section 10.12) for a link to Instagram: the time, a nonce, where to go afterwards if that is said, and
 * an HMAC of all that under a key of this browser's alone. Nothing needs to be stored for it, so any number of tabs may hold one.
 * `returnTo` can be read by whoever sees the link.
 */
export function createState(browserKey: string, now: Date, returnTo?: string): string {
  const parts = [now.getTime().toString(36), randomUUID()]
  if (returnTo !== undefined) parts.push(Buffer.from(returnTo).toString('base64url'))
  const text = parts.join('.')
  return `${text}.${signature(browserKey, text)}`
}

/** What a `state` tells, or `undefined` if it was not made for the browser with this key. */
export function readState(browserKey: string, state: string): State | undefined {
  const [, text = '', time = '', returnTo, mac = ''] =
    /^(([0-9a-z]+)\.[\w-]+(?:\.([\w-]+))?)\.([\w-]+)$/.exec(state) ?? []
  const expected = Buffer.from(signature(browserKey, text))
  const given = Buffer.from(mac)
  const genuine = given.length === expected.length && timingSafeEqual(given, expected)
  if (!genuine) return undefined
  return {
    madeAt: new Date(parseInt(time, 36)),
    returnTo: returnTo === undefined ? undefined : Buffer.from(returnTo, 'base64url').toString(),
  }
}

function signature(browserKey: string, text: string): string {
  return createHmac('sha256', browserKey).update(text).digest('base64url')
}
