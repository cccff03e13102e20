import { type Request, Router } from 'express'
import type { Line } from '../doctor/line.ts'
import { Refusal } from '../login/failures.ts'
import { type Registration, setupView } from './setupView.ts'
import { goTo, show } from './views.ts'

/** Milliseconds within which the doctor is not sent to Instagram again. */
const REST_MS = 10_000

/** What the guide for the operator is made of. */
export interface SetupOptions extends Registration {
  /** Whether it is there for whoever asks: it tells how this site is set up. */
  isOpen: (request: Request) => boolean
  /** The doctor's examination of this installation. Asks Instagram. */
  examine: () => Promise<readonly Line[]>
  now: () => Date
}

/** What the doctor found, and when. */
export interface Examination {
  lines: readonly Line[]
  at: Date
}

/**
 * `GET /setup`: how to set up the app at Meta, with the values of this installation; and `POST /setup`, the operator's click that sends
 * the doctor. What was found is shown until the next click; a view asks nobody. Clicks at once, or soon after, share one examination.
 */
export function setup({ isOpen, examine, now, ...registration }: SetupOptions): Router {
  const router = Router()
  let found: Examination | undefined
  let underWay: Promise<void> | undefined

  router.use('/setup', (request, _response, next) => {
    if (!isOpen(request)) throw new Refusal('not_found')
    next()
  })

  router.get('/setup', (_request, response) => {
    return show(response, 'setup', setupView(registration, found, now()))
  })

  router.post('/setup', async (_request, response) => {
    if (!found || Math.abs(now().getTime() - found.at.getTime()) >= REST_MS) await (underWay ??= look())
    goTo(response, '/setup#doctor')
  })

  async function look(): Promise<void> {
    try {
      found = { lines: await examine(), at: now() }
    } finally {
      underWay = undefined
    }
  }

  return router
}
