import { AppError } from '../errors/errors.ts'
import { matchInstagramError } from '../errors/match.ts'
import { escapeControls } from '../log.ts'
import { readState, STATE_LIFETIME_MS } from './state.ts'

/** How many characters of a pasted text are read: code and state have about 500 together. */
const LONGEST_PASTED_TEXT = 4_000

/** A callback with an authorization code for the browser that began the login. */
export interface ValidCallback {
  state: string
  code: string
  /** Whether the state is young enough to begin an exchange; otherwise the callback can only repeat a finished login. */
  isFresh: boolean
  returnTo: string | undefined
  /** The ID of the account that the login is to reconnect. */
  accountId: string | undefined
}

/** The query of a callback, given as query, path and query, or whole address. Instagram appends `#_`, which is ignored. */
export function callbackQuery(callback: URLSearchParams | URL | string): URLSearchParams {
  if (callback instanceof URLSearchParams) return callback
  if (callback instanceof URL) return callback.searchParams
  const [sent = ''] = callback.split('#')
  const isAddress = /^(?:(?:[a-z][a-z\d+.-]*:)?\/|[^=&]*\?)/i.test(sent)
  return new URLSearchParams(isAddress ? /\?(.*)/s.exec(sent)?.[1] : sent)
}

/** Parameters of an error; any of them may be the only one. */
const REFUSALS = ['error', 'error_code', 'error_message', 'error_reason', 'error_description']

/** Parameters that may come once only. @see RFC 6749, section 3.1 */
const UNIQUE = ['state', 'code', 'error']

/** Whether a query is a response of Instagram: a code or an error. */
export function isAnswer(query: URLSearchParams): boolean {
  return ['code', ...REFUSALS].some((name) => query.get(name))
}

/**
 * Validates a callback: first `state`, then `error`, then `code`. Ignores Instagram’s `#_` at the end of a value, where something encoded it.
 *
 * @param context The secret in the browser's cookie, if there is one, who is signed in, and the secrets that may have signed the state.
 * @throws {AppError} for everything but a code for this browser
 */
export function validateCallback(
  query: URLSearchParams,
  context: { browserSecret: string | undefined; bindTo: string | undefined; secrets: readonly string[]; now: Date },
): ValidCallback {
  const { browserSecret, bindTo, secrets, now } = context
  const repeated = UNIQUE.find((name) => query.getAll(name).length > 1)
  if (repeated) throw new AppError('bad_request', { detail: `the callback repeats “${repeated}”` })
  const state = query.get('state')?.replace(/#_$/, '')
  const [read] = state ? secrets.flatMap((secret) => readState({ browserSecret, secret, bindTo }, state) ?? []) : []
  const isFresh = read !== undefined && now.getTime() - read.createdAt.getTime() <= STATE_LIFETIME_MS
  if (!state || !read?.isOfBrowser) {
    if (isFresh) throw new AppError('other_browser')
    throw new AppError(browserSecret ? (state ? 'state_foreign' : 'state_missing') : 'cookie_missing')
  }
  if (!read.isOfUser) throw new AppError('user_changed')

  if (REFUSALS.some((name) => query.get(name)))
    throw isFresh ? authorizationError(query) : new AppError('state_expired')

  const code = query.get('code')?.replace(/#_$/, '')
  if (!code) throw new AppError('no_answer')
  return { state, code, isFresh, returnTo: read.returnTo, accountId: read.accountId }
}

/** Anybody can forge an error response (RFC 6749, section 4.1.2.1), so its text goes to the log only. */
function authorizationError(query: URLSearchParams): AppError {
  const type = query.get('error') ?? ''
  const code = Number(query.get('error_code') ?? NaN)
  const words = ['error_reason', 'error_description', 'error_message'].map((name) => query.get(name))
  const message = words.filter(Boolean).join(', ')
  const detail = [type, query.get('error_code'), message].filter(Boolean).join(', ').slice(0, 300)
  return new AppError(matchInstagramError({ type, message, code }) ?? 'unknown', { detail: escapeControls(detail) })
}

/**
 * The query of a callback that a person copied from the address bar because the page at the redirect URI did not load. `undefined`: the
 * text holds no callback.
 *
 * @throws {AppError} `address_foreign`: the callback belongs to another redirect URI
 */
export function findPastedCallback(text: string, redirectUri: string): URLSearchParams | undefined {
  const own = new URL(redirectUri)
  const callbacks = findAddresses(text.slice(0, LONGEST_PASTED_TEXT), own.protocol).filter(({ searchParams }) =>
    isAnswer(searchParams),
  )
  const callback = callbacks.find(({ origin, pathname }) => origin === own.origin && pathname === own.pathname)
  if (!callback && callbacks.some(({ searchParams }) => searchParams.has('code') && searchParams.has('state')))
    throw new AppError('address_foreign')
  return callback?.searchParams
}

/** Each word that may be an address, with or without the scheme that some browsers hide. */
function findAddresses(text: string, protocol: string): URL[] {
  return text
    .split(/[\s"'<>]+/)
    .filter((word) => word.includes('/') && word.includes('?'))
    .map((word) => URL.parse(/^https?:\/\//i.test(word) ? word : `${protocol}//${word}`))
    .filter((address) => address !== null)
}
