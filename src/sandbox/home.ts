import { join } from 'node:path'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { DAY_MS, HOUR_MS } from '../facts.ts'
import { servedVersions } from './graph.ts'
import type { Clock } from './clock.ts'
import { formFields } from './http.ts'
import { type Notice, type NoticeAnswer, sendNotice } from './metaCallbacks.ts'
import { isProfessional, type Professional, USERS } from './testUsers.ts'
import { homeOf, type RegisteredApp, type Tokens } from './tokens.ts'

/** The result of the submitted form. */
interface Result {
  problem?: string
  generated?: { user: Professional; token: string }
  notified?: { user: Professional; answer: NoticeAnswer }
}

/** How far the form moves the clock, in milliseconds. */
const STEPS: ReadonlyMap<string, number> = new Map([
  ['1 hour', HOUR_MS],
  ['1 day', DAY_MS],
  ['30 days', 30 * DAY_MS],
  ['60 days', 60 * DAY_MS],
])

const FORMS = ['/clock', '/people/:key/:change']

/** The home page, the forms on it, and the style sheet of all pages. */
export function homeRouter(app: RegisteredApp, clock: Clock, tokens: Tokens): Router {
  const router = Router()

  router.get('/', (_request, response) => {
    showHome(response)
  })

  // A reload of the response to a form.
  router.get(FORMS, (_request, response) => {
    response.redirect(303, '/')
  })

  router.post(FORMS, (request, response, next) => {
    if (isSameOrigin(request)) next()
    else showHome(response.status(403), { problem: 'Another site sent this request. Use the buttons on this page.' })
  })

  router.post('/clock', async (request, response) => {
    const [, chosen = ''] = (await formFields(request)).find(([name]) => name === 'forward') ?? []
    const step = STEPS.get(chosen)
    if (step === undefined) {
      showHome(response.status(400), { problem: 'Choose how far to move the clock.' })
    } else {
      clock.pass(step)
      response.redirect(303, '/#clock')
    }
  })

  router.post('/people/:key/remove-app', notifyApp('deauthorize'))
  router.post('/people/:key/ask-for-deletion', notifyApp('data_deletion'))
  router.post(
    '/people/:key/change-password',
    withProfessional((user, response) => {
      tokens.revoke(user, 'password_changed')
      response.redirect(303, `/#${user.key}`)
    }),
  )
  router.post(
    '/people/:key/generate-token',
    withProfessional((user, response) => {
      const token = tokens.issueDashboardToken(user)
      showHome(response.set('cache-control', 'no-store'), { generated: { user, token } })
    }),
  )

  router.post(FORMS, (_request, response) => {
    response.sendStatus(404)
  })

  router.get('/sandbox.css', (_request, response) => {
    response.sendFile(join(import.meta.dirname, 'views', 'sandbox.css'))
  })

  /** As on Instagram, both also revoke the tokens. */
  function notifyApp(notice: Notice): RequestHandler {
    return withProfessional(async (user, response) => {
      tokens.revoke(user, 'app_removed')
      const answer = await sendNotice(notice, app, { userId: user.profile.id, issuedAt: clock.now() })
      if (answer) showHome(response, { notified: { user, answer } })
      else response.redirect(303, `/#${user.key}`)
    })
  }

  function showHome(response: Response, { problem, generated, notified }: Result = {}): void {
    response.render('home', {
      clientId: app.clientId,
      redirectUris: app.redirectUris,
      home: homeOf(app),
      now: { exactly: clock.now().toISOString(), inWords: `${TIME.format(clock.now())} UTC` },
      moved: formatHours(clock.offsetMs),
      versions: servedVersions(clock.now()).join(', '),
      steps: [...STEPS.keys()],
      users: USERS.map((user) => ({
        ...user,
        livingTokens: isProfessional(user) ? tokens.countLiving(user) : 0,
        generated: generated?.user === user ? generated.token : null,
        notified: notified?.user === user ? notified.answer : null,
      })),
      problem: problem ?? null,
    })
  }

  return router
}

const TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium', timeZone: 'UTC' })

/** Whole hours, as `61 days, 1 hour`; null for less than one. */
function formatHours(milliseconds: number): string | null {
  const hours = Math.floor(milliseconds / HOUR_MS)
  if (hours < 1) return null
  const parts: [count: number, unit: string][] = [
    [Math.floor(hours / 24), 'day'],
    [hours % 24, 'hour'],
  ]
  const shown = parts.filter(([count]) => count > 0)
  return shown.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(', ')
}

/** Whether the request does not come from a page of another site. Programs, which send no such header, are allowed. */
function isSameOrigin(request: Request): boolean {
  return ['same-origin', 'none'].includes(request.get('sec-fetch-site') ?? 'none')
}

/** Passes the user that the path names; 404 for others. */
function withProfessional(act: (user: Professional, response: Response) => unknown): RequestHandler {
  return async (request, response, next) => {
    const user = USERS.find(({ key }) => key === request.params['key'])
    if (user && isProfessional(user)) await act(user, response)
    else next()
  }
}
