import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'

/** Milliseconds between Get Started and the way back, after which a `state` is too old. */
export const STATE_LIFETIME_MS = 10 * 60 * 1000

/** By what a `state` is signed. */
export interface Signer {
  /** The browser's secret: by it we know, when it comes back, that it is the one that began the login. */
  browser: string
  /** Ours. */
  secret: string
}

/** What a `state` tells of the login for which it was made. */
export interface State {
  madeAt: Date
  /** Where the person is to go afterwards, as it was given to {@link createState}. */
  returnTo: string | undefined
}

/**
 * A new `state` (RFC 6749, section 10.12) for a link to Instagram: the time, a nonce, where to go afterwards if that is said, and
 * an HMAC of all that and of the browser's secret. Nothing needs to be stored for it, so any number of tabs may hold one.
 * `returnTo` can be read by whoever sees the link.
 */
export function createState(signer: Signer, now: Date, returnTo?: string): string {
  const parts = [now.getTime().toString(36), randomUUID()]
  if (returnTo !== undefined) parts.push(Buffer.from(returnTo).toString('base64url'))
  const text = parts.join('.')
  return `${text}.${signature(signer, text)}`
}

/** What a `state` tells, or `undefined` if it was not signed so. */
export function readState(signer: Signer, state: string): State | undefined {
  const [, text = '', time = '', returnTo, mac = ''] =
    /^(([0-9a-z]+)\.[\w-]+(?:\.([\w-]+))?)\.([\w-]+)$/.exec(state) ?? []
  const expected = Buffer.from(signature(signer, text))
  const given = Buffer.from(mac)
  const genuine = given.length === expected.length && timingSafeEqual(given, expected)
  if (!genuine) return undefined
  return {
    madeAt: new Date(parseInt(time, 36)),
    returnTo: returnTo === undefined ? undefined : Buffer.from(returnTo, 'base64url').toString(),
  }
}

function signature({ browser, secret }: Signer, text: string): string {
  // Session cookies are signed with the same secrets, but nothing in them begins like this. There is no space in `text`.
  return createHmac('sha256', secret).update(`state ${browser} ${text}`).digest('base64url')
}
