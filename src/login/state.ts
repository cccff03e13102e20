import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors/errors.ts'
import { MINUTE_MS } from '../facts.ts'

/** Milliseconds after which a `state` is too old to finish a login with. */
export const STATE_LIFETIME_MS = 10 * MINUTE_MS

/** Characters of a return address at most: it is part of the state. */
const LONGEST_RETURN_ADDRESS = 1_000

/** What a `state` is signed with. */
export interface StateSecrets {
  /** Stored in the browser's cookie; proves that the browser that comes back is the one that began the login. */
  browserSecret: string
  /** Ours. */
  secret: string
  /** Who may finish the login, such as a user of the host app. Default: any user of the browser. */
  bindTo?: string | undefined
}

/**
 * A new `state`: the time, a nonce, the return address if there is one, and an HMAC of all that and of the browser's secret. Nothing is
 * stored for it, so any number of tabs may hold one. Everybody who sees the link can read `returnTo`; of `bindTo` it holds an HMAC only.
 *
 * @see RFC 6749, section 10.12
 */
export function createState(secrets: StateSecrets, now: Date, returnTo?: string): string {
  const nonce = randomUUID()
  const parts = [now.getTime().toString(36), nonce + bindingOf(secrets, nonce)]
  if (returnTo !== undefined) parts.push(Buffer.from(returnTo).toString('base64url'))
  const text = parts.join('.')
  return `${text}.${sign(secrets, text)}`
}

/**
 * When the login began, and where the person wants to go after it; `undefined`: the state was not signed with these secrets.
 *
 * @throws {AppError} `user_changed`: the state is bound to somebody else
 */
export function readState(secrets: StateSecrets, state: string) {
  const [, text = '', time = '', nonce = '', binding, returnTo, mac = ''] =
    /^(([0-9a-z]+)\.([\da-f-]{36})([\w-]*)(?:\.([\w-]+))?)\.([\w-]+)$/.exec(state) ?? []
  const expected = Buffer.from(sign(secrets, text))
  const given = Buffer.from(mac)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  if (binding !== bindingOf(secrets, nonce)) throw new AppError('user_changed')
  return {
    createdAt: new Date(parseInt(time, 36)),
    returnTo: returnTo === undefined ? undefined : Buffer.from(returnTo, 'base64url').toString(),
  }
}

function sign({ browserSecret, secret }: StateSecrets, text: string): string {
  // Session cookies are signed with the same secrets, but never begin like this. There is no space in `text`.
  return createHmac('sha256', secret).update(`state ${browserSecret} ${text}`).digest('base64url')
}

function bindingOf({ secret, bindTo }: StateSecrets, nonce: string): string {
  return bindTo ? `_${createHmac('sha256', secret).update(`bound ${nonce} ${bindTo}`).digest('base64url')}` : ''
}

/**
 * Checks where a person asked to go after a login. `requested` may come from anybody: it is read as a browser reads it.
 *
 * @param origins Allowed origins. Paths are relative to the first.
 * @returns The whole address.
 * @throws {AppError} `return_to_foreign`: it leads elsewhere, or is longer than 1,000 characters
 */
export function validateReturnTo(requested: string, origins: readonly string[]): string {
  const address = URL.parse(requested, origins[0])
  const isAllowed =
    // Browsers drop some control characters, and would read another address.
    !/\p{Cc}/u.test(requested) &&
    address !== null &&
    // Other schemes have an origin too, such as blob:https://…
    ['http:', 'https:'].includes(address.protocol) &&
    origins.includes(address.origin) &&
    address.username === '' &&
    address.password === '' &&
    // A host app may reduce the address to its path, and `//example.com` is another host.
    !address.pathname.startsWith('//') &&
    address.href.length <= LONGEST_RETURN_ADDRESS
  if (!isAllowed) throw new AppError('return_to_foreign')
  return address.href
}
