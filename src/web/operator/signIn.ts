import { setTimeout as sleep } from 'node:timers/promises'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { rateLimit, type RateLimitInfo } from 'express-rate-limit'
import { z } from 'zod'
import { readForm } from '../body.ts'
import { signOutOperator } from '../session.ts'
import { goTo, show } from '../views.ts'
import { visitOf } from '../visit.ts'
import type { Operator } from './operator.ts'

/** Wrong passwords in a quarter of an hour from one address, after which it is sent away unheard. */
const WRONG_TRIES = 10
const WINDOW_MS = 15 * 60 * 1000

/** Milliseconds that the first wrong password takes; each further one twice as long, and no longer than the second number. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2000

/** The form with the password; without one it is empty, and wrong. */
const form = z.object({ password: z.string().catch('') }).catch({ password: '' })

/** Signing in and out at `/accounts`; whoever is not signed in gets no further than the form. */
export function signInPages(operator: Operator): Router {
  const router = Router()
  const read = [limited(), readForm('4kb')]

  router.post('/accounts/sign-in', read, async (request: Request, response: Response) => {
    if (await operator.signIn(request, form.parse(request.body).password)) {
      visitOf(request).log.info('the operator signed in')
      goTo(response, '/accounts')
      return
    }
    visitOf(request).log.warn('somebody tried a wrong operator’s password')
    await sleep(Math.min(FIRST_WAIT_MS * 2 ** (triesBefore(request) - 1), LONGEST_WAIT_MS))
    return show(response.status(403), 'sign_in', { refused: 'wrong' })
  })

  router.use('/accounts', (request, response, next) => {
    if (operator.isOperator(request)) next()
    else if (request.method === 'POST') goTo(response, '/accounts')
    else return show(response, 'sign_in', { refused: null })
    return undefined
  })

  router.post('/accounts/sign-out', async (request, response) => {
    await signOutOperator(request)
    goTo(response, '/accounts')
  })

  return router
}

function limited(): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: WRONG_TRIES,
    skipSuccessfulRequests: true,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false, // It would write to the console what the settings say already.
    handler: (_request, response, next) => {
      show(response.status(429), 'sign_in', { refused: 'too_many' })?.catch(next)
    },
  })
}

function triesBefore(request: Request): number {
  return (request as Request & { rateLimit?: RateLimitInfo }).rateLimit?.used ?? 1
}
