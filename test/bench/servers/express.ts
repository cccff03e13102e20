import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import { createExpress } from './createExpress.ts'
import { authorizeUrl, exchangeForm, profileUrl, settings } from './settings.ts'

/** How the two calls to Instagram are made; both answer with JSON. */
export interface Calls {
  post: (url: string, form: URLSearchParams) => Promise<unknown>
  get: (url: string) => Promise<unknown>
}

/** The login as one writes it by hand with Express. */
export function serveByHand({ post, get }: Calls): void {
  const redirectUri = `${settings.origin}/response`
  const app = createExpress()

  app.get('/', (request, response) => {
    const state = randomBytes(16).toString('base64url')
    kept(request).state = state
    response.render('index', { getStarted: authorizeUrl(state, redirectUri) })
  })

  app.get('/response', async (request, response) => {
    const { state, code } = request.query
    if (typeof code !== 'string' || !state || state !== kept(request).state) throw new Error('not our state')
    delete kept(request).state
    const { access_token: token } = (await post(settings.tokenUrl, exchangeForm(code, redirectUri))) as Grant
    const { username } = (await get(profileUrl(token))) as { username: string }
    kept(request).user = { username, token }
    response.render('done', { username, token })
  })

  app.listen(settings.port, '127.0.0.1')
}

interface Grant {
  access_token: string
}

interface Kept {
  state?: string
  user?: { username: string; token: string }
}

// The app's own type of a session is not to learn of the bench.
const kept = (request: Request) => request.session as unknown as Kept
