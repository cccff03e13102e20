import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Milliseconds between Get Started and the way back, after which a `state` is too old. */
export const STATE_LIFETIME_MS = 10 * 60 * 1000

/**
 * A new `state` (RFC 6749, section 10.12) for a link to Instagram: the time, a nonce, and an HMAC of both under a key of this
 * browser's alone. Nothing needs to be stored for it, so any number of tabs may hold one.
 */
export function createState(browserKey: string, now: Date): string {
  const text = `${now.getTime().toString(36)}.${randomBytes(16).toString('base64url')}`
  return `${text}.${signature(browserKey, text)}`
}

/** When the `state` was made, or `undefined` if it was not made for the browser with this key. */
export function stateMadeAt(browserKey: string, state: string): Date | undefined {
  const [, text = '', time = '', mac = ''] = /^(([0-9a-z]+)\.[\w-]+)\.([\w-]+)$/.exec(state) ?? []
  const expected = Buffer.from(signature(browserKey, text))
  const given = Buffer.from(mac)
  const genuine = given.length === expected.length && timingSafeEqual(given, expected)
  return genuine ? new Date(parseInt(time, 36)) : undefined
}

function signature(browserKey: string, text: string): string {
  return createHmac('sha256', browserKey).update(text).digest('base64url')
}
