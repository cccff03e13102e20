import { join } from 'node:path'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { Loss } from './credentials.ts'
import { homePage, type HomeWorld, type News, STEPS } from './homePage.ts'
import { type Notice, tell } from './notice.ts'
import { show } from './pages.ts'
import { type Professional, PROFESSIONALS } from './people.ts'
import { formFields } from './received.ts'

const FORMS = ['/clock', '/people/:key/:change']

/** The page that says what this is, the forms by which its operator changes it, and the style sheet of all pages. */
export function homeRouter(world: HomeWorld): Router {
  const { app, clock, credentials } = world
  const router = Router()

  router.get('/', (_req, res) => {
    showHome(res)
  })

  // Where a form's answer stays in the address bar.
  router.get(FORMS, (_req, res) => {
    res.redirect(303, '/')
  })

  router.post(FORMS, (req, res, next) => {
    if (isOwnForm(req)) next()
    else showHome(res.status(403), { problem: 'A page of another site sent this. Use the buttons here.' })
  })

  router.post('/clock', async (req, res) => {
    const [, chosen = ''] = (await formFields(req)).find(([name]) => name === 'forward') ?? []
    const step = STEPS.get(chosen)
    if (step === undefined) {
      showHome(res.status(400), { problem: 'Choose how far the clock moves.' })
    } else {
      clock.pass(step)
      res.redirect(303, '/#clock')
    }
  })

  router.post('/people/:key/remove-app', tells('deauthorize'))
  router.post('/people/:key/ask-for-deletion', tells('data_deletion'))
  router.post('/people/:key/change-password', takesBack('password_changed'))
  router.post(
    '/people/:key/generate-token',
    forProfessional((person, res) => {
      const token = credentials.issueDashboardToken(person)
      showHome(res.set('cache-control', 'no-store'), { generated: { person, token } })
    }),
  )

  router.get('/sandbox.css', (_req, res) => {
    res.sendFile(join(import.meta.dirname, 'views', 'sandbox.css'))
  })

  function takesBack(loss: Loss): RequestHandler {
    return forProfessional((person, res) => {
      credentials.takeBack(person, loss)
      res.redirect(303, `/#${person.key}`)
    })
  }

  /** As on Instagram, both end what the person allowed. The app hears of it from Meta. */
  function tells(notice: Notice): RequestHandler {
    return forProfessional(async (person, res) => {
      credentials.takeBack(person, 'app_removed')
      const claims = { userId: person.profile.id, issuedAt: clock.now() }
      const answer = await tell(notice, app, claims)
      if (answer) showHome(res, { told: { person, answer } })
      else res.redirect(303, `/#${person.key}`)
    })
  }

  function showHome(res: Response, news?: News): void {
    show(res, 'home', homePage(world, news))
  }

  return router
}

/** Whether no page of another site made the browser send this. Programs do not say, and are let through. */
function isOwnForm(req: Request): boolean {
  return ['same-origin', 'none'].includes(req.get('sec-fetch-site') ?? 'none')
}

/** Hands on the person that the path names; there is nothing at the address of anybody else. */
function forProfessional(act: (person: Professional, res: Response) => unknown): RequestHandler {
  return async (req, res, next) => {
    const person = PROFESSIONALS.find(({ key }) => key === req.params['key'])
    if (person) await act(person, res)
    else next()
  }
}
