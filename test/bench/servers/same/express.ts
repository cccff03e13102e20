import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Request } from 'express'
import { authorizeUrl, settings } from '../settings.ts'
import { saveAccount } from './accounts.ts'
import { createExpress } from './createExpress.ts'
import { exchangeCode, fetchAccount } from './instagram.ts'

// The same job as our app's, by hand with Express and the usual packages.

const redirectUri = `${settings.origin}/response`
const app = createExpress()

app.get('/', (request, response) => {
  const state = randomBytes(16).toString('base64url')
  sessionOf(request).state = state
  response.render('index', { getStarted: authorizeUrl(state, redirectUri) })
})

app.get('/response', async (request, response) => {
  const { state, code } = request.query
  if (typeof code !== 'string' || !state || state !== sessionOf(request).state) throw new Error('The state is wrong')
  const { profile, token } = await fetchAccount(await exchangeCode(code, redirectUri))
  saveAccount(profile, token)
  await promisify(request.session.regenerate.bind(request.session))()
  sessionOf(request).accountId = profile.id
  // express-session stores the session before it sends the end of the page.
  response.set('Cache-Control', 'no-store').render('done', { username: profile.username, token: token.value })
})

app.listen(settings.port, '127.0.0.1')

interface Session {
  state?: string
  accountId?: string
}

// Declaring the fields globally would change the type of the app's own sessions.
const sessionOf = (request: Request) => request.session as unknown as Session
