import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Config } from '../config.ts'
import { AppError } from '../errors/errors.ts'
import { DAY_MS, MINUTE_MS } from '../facts.ts'

/** Milliseconds after which a `state` is too old to finish a login with. */
export const STATE_LIFETIME_MS = 10 * MINUTE_MS

/** Milliseconds for which a reconnect link is valid. */
const RECONNECT_LIFETIME_MS = 90 * DAY_MS

/** Characters of a return address at most: it is part of the state. */
const LONGEST_RETURN_ADDRESS = 1_000

/** What a `state` is made with. */
export interface StateSecrets {
  /** Stored in the browser's cookie; proves that the same browser began the login. */
  browserSecret: string
  /** Signs the state. */
  secret: string
  /** Who may finish the login, such as a user of the host app. Default: any user of the browser. */
  bindTo?: string | undefined
}

/**
 * A new `state`: the time, a nonce, HMACs of the browser's secret and of the user, the return address, the ID of the account to reconnect,
 * and an HMAC of all that. Nothing is stored for it, so any number of tabs may hold one. Everybody who sees the link can read the address
 * and the ID.
 *
 * @see RFC 6749, section 10.12
 */
export function createState(
  { browserSecret, secret, bindTo }: StateSecrets,
  now: Date,
  returnTo = '',
  accountId = '',
): string {
  const nonce = randomUUID()
  const [browser, user] = bindings(secret, nonce, browserSecret, bindTo)
  const address = Buffer.from(returnTo).toString('base64url')
  const text = [now.getTime().toString(36), nonce, browser, user, address, accountId].join('.')
  return `${text}.${hmac(secret, `state ${text}`)}`
}

/** Reads a `state`; `undefined`: it was not signed with this secret. */
export function readState(
  { browserSecret = '', secret, bindTo }: Omit<StateSecrets, 'browserSecret'> & { browserSecret: string | undefined },
  state: string,
) {
  const [, text = '', time = '', nonce = '', browser, user, returnTo = '', accountId = '', mac = ''] =
    /^(([0-9a-z]+)\.([\da-f-]{36})\.([\w-]{43})\.([\w-]*)\.([\w-]*)\.(\d*))\.([\w-]+)$/.exec(state) ?? []
  if (!isEqual(mac, hmac(secret, `state ${text}`))) return undefined
  const [ofBrowser, ofUser] = bindings(secret, nonce, browserSecret, bindTo)
  return {
    createdAt: new Date(parseInt(time, 36)),
    /** Where the person returns to after the login. */
    returnTo: Buffer.from(returnTo, 'base64url').toString() || undefined,
    /** The ID of the account that the login is to reconnect. */
    accountId: accountId || undefined,
    /** Whether the same browser began the login. */
    isOfBrowser: browserSecret !== '' && browser === ofBrowser,
    /** Whether the same user began the login. */
    isOfUser: user === ofUser,
  }
}

/** The last segment of a link with which a person reconnects this account, for 90 days. Without the link, nobody can guess it. */
export function createReconnectLink(accountId: string, [secret = '']: readonly string[], now: Date): string {
  const text = `${accountId}.${(now.getTime() + RECONNECT_LIFETIME_MS).toString(36)}`
  return `${text}.${hmac(secret, `reconnect ${text}`)}`
}

/** Where the account can be connected again, for 90 days from now: this package's page, beside the redirect URI. */
export function reconnectUrl(
  { id }: { id: string },
  { config, now }: { config: Pick<Config, 'instagram' | 'sessionSecrets'>; now: () => Date },
): string {
  const link = createReconnectLink(id, config.sessionSecrets, now())
  return new URL(`reconnect/${link}`, new URL(config.instagram.redirectUri).href.replace(/\/$/, '')).href
}

/**
 * The ID of the account that a reconnect link is for.
 *
 * @param secrets Any of them may have signed the link
 * @throws {AppError} `reconnect_expired`: the link is not signed, or is older than 90 days
 */
export function readReconnectLink(link: string, secrets: readonly string[], now: Date): string {
  const [, text = '', accountId = '', expiry = '', mac = ''] = /^((\d+)\.([0-9a-z]+))\.([\w-]+)$/.exec(link) ?? []
  const isSigned = secrets.some((secret) => isEqual(mac, hmac(secret, `reconnect ${text}`)))
  if (!isSigned || parseInt(expiry, 36) < now.getTime()) throw new AppError('reconnect_expired')
  return accountId
}

/** What binds a state to a browser and to a user. */
function bindings(secret: string, nonce: string, browserSecret: string, bindTo: string | undefined): [string, string] {
  return [hmac(secret, `browser ${nonce} ${browserSecret}`), bindTo ? hmac(secret, `bound ${nonce} ${bindTo}`) : '']
}

/** `text` begins with a word of its own for each purpose; session cookies, signed with the same secrets, begin with none of them. */
function hmac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url')
}

function isEqual(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
}

/**
 * Checks a return address. `requested` is untrusted: it is parsed as browsers do.
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
