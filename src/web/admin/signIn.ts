import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Request, type RequestHandler, Router } from 'express'
import type { RateLimitInfo } from 'express-rate-limit'
import type { Config } from '../../config.ts'
import type { Context } from '../../context.ts'
import { HOUR_MS, MINUTE_MS } from '../../facts.ts'
import { fieldOf, parseForm } from '../request.ts'
import { requestContext } from '../requestContext.ts'
import { limitRequests } from '../security.ts'
import { sessionData, signInAdmin, signOutAdmin } from '../session.ts'
import { redirectTo, renderView } from '../views.ts'

/** Milliseconds until an admin has to sign in again. */
const SIGN_IN_LIFETIME_MS = 8 * HOUR_MS

/** Milliseconds that the first wrong password takes. Each further one takes twice as long, up to the maximum. */
const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 2000

/**
 * True if this browser is signed in as admin. A sign-in ends after eight hours (by the system's clock, as sessions do), and when the
 * password or the session secret changes.
 */
export function isAdmin(request: Request, config: Config): boolean {
  const { admin } = sessionData(request)
  if (!admin || admin.until <= Date.now()) return false
  const seal = passwordSeal(config)
  return seal !== undefined && isSame(admin.seal, seal)
}

/** Lets admins pass; others get the sign-in form. */
export const requireAdmin: RequestHandler = async (request, response, next) => {
  if (requestContext(request).site.isAdmin(request)) next()
  else if (request.method === 'POST') redirectTo(response, '/accounts')
  else await renderView(response, 'sign_in', { refused: null })
}

/** Sign-in and sign-out. `page`: the middleware of all pages. */
export function createSignInRoutes({ config }: Context, page: readonly RequestHandler[]): Router {
  const router = Router()
  const limitWrongPasswords = limitRequests('wrongPassword', {
    windowMs: 15 * MINUTE_MS,
    handler: (request, response, next) => {
      requestContext(request).code = 'too_many_requests'
      renderView(response.status(429), 'sign_in', { refused: 'too_many' }).catch(next)
    },
  })

  router.post('/accounts/sign-in', ...page, limitWrongPasswords, ...parseForm, async (request, response) => {
    const context = requestContext(request)
    const seal = passwordSeal(config)
    if (seal && isSame(fieldOf(request, 'password')?.trim() ?? '', config.adminPassword ?? '')) {
      await signInAdmin(request, { until: Date.now() + SIGN_IN_LIFETIME_MS, seal })
      context.log.info('admin signed in')
      redirectTo(response, '/accounts')
      return
    }
    context.code = 'wrong_password'
    context.log.warn('wrong admin password')
    const { used: attempts = 1 } = (request as Request & { rateLimit?: RateLimitInfo }).rateLimit ?? {}
    await sleep(Math.min(FIRST_DELAY_MS * 2 ** (attempts - 1), MAX_DELAY_MS))
    await renderView(response.status(403), 'sign_in', { refused: 'wrong' })
  })

  router.post('/accounts/sign-out', ...page, requireAdmin, async (request, response) => {
    await signOutAdmin(request)
    redirectTo(response, '/accounts')
  })

  return router
}

/** Proves in a session that the password was right, without a hash from which it could be guessed. */
function passwordSeal({ adminPassword, sessionSecrets: [secret = ''] }: Config): string | undefined {
  if (adminPassword === undefined) return undefined
  return createHmac('sha256', secret).update(`admin ${adminPassword}`).digest('base64url')
}

/** Compares in constant time. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'))
}
