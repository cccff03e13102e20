import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express'
import { addressOf, asRoute } from './address.ts'
import { VIEWS } from './views.ts'

/** What is ours in an app that has more, beside what is ours in each. */
export interface OwnRooms {
  /** The path where people come back, under the base. */
  callback: string
  /** Whether programs can ask us, by keys. */
  api: boolean
  /** Whether whoever runs the site can sign in. */
  operator: boolean
  /** Whether visitors may paste tokens. */
  takesTokens: boolean
}

/**
 * Leads to `site` what is ours, under the base. Whatever else is asked for there goes on to the app around us as it came: nothing of
 * ours has touched it.
 */
export function ownPaths(site: RequestHandler, { callback, api, operator, takesTokens }: OwnRooms): Router {
  const assets = readdirSync(join(VIEWS, 'assets')).map((file) => `/assets/${file}`)
  const own = Router()
  own.get([...PAGES, asRoute(callback), ...assets, ...(operator ? OPERATOR.pages : [])], site)
  own.post([...BUTTONS, ...(takesTokens ? ['/import'] : []), ...(operator ? OPERATOR.buttons : [])], site)
  if (api) own.all(API, site)
  // Nothing fails here but reading an address that is ours, and what that means is told there.
  own.use((_error: unknown, request: Request, response: Response, next: NextFunction) => {
    site(request, response, next)
  })
  return own
}

/** Why nobody could come back to this redirect URI: another page of ours is there. */
export function callbackMistakes(redirectUri: unknown): string[] {
  const address = URL.canParse(String(redirectUri)) ? addressOf(String(redirectUri)) : undefined
  if (!address || !BEFORE_CALLBACK.has(address.callback.toLowerCase())) return []
  return [
    `redirectUri must not end in ${address.callback || '/'}, where something else of ours is: let it end in /response, or the like.`,
  ]
}

/** What comes before people who come back. */
const BEFORE_CALLBACK: ReadonlySet<string> = new Set([
  '',
  '/assets',
  '/api',
  '/metrics',
  '/healthz',
  '/readyz',
  '/setup',
  '/data-deletion',
  '/accounts',
])

const PAGES = [
  '/',
  '/login',
  '/reconnect/:id',
  '/picture',
  '/help',
  '/help/:name',
  '/setup',
  '/data-deletion',
  '/data-deletion/:code',
  '/healthz',
  '/readyz',
]

const BUTTONS = [
  '/refresh',
  '/disconnect',
  '/help',
  '/setup',
  // Meta's.
  '/deauthorize',
  '/data-deletion',
]

const OPERATOR = {
  pages: ['/accounts', '/accounts/:id/disconnect'],
  buttons: ['/accounts/sign-in', '/accounts/sign-out', '/accounts/:id/refresh', '/accounts/:id/disconnect'],
}

/** By whatever method: what is not allowed is told to programs in words. */
const API = ['/metrics', '/api/openapi.json', '/api/accounts', '/api/accounts/:id', '/api/accounts/:id/token']
