import { DatabaseSync } from 'node:sqlite'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import { genericOAuth } from 'better-auth/plugins'
import express from 'express'
import { request } from 'undici'
import { exchangeForm, profileUrl, settings } from '../servers/settings.ts'

const options = {
  baseURL: settings.origin,
  secret: settings.cookieSecret,
  // Its own adapter for memory looks through all rows each time.
  database: new DatabaseSync(':memory:'),
  // It limits whoever comes from one address, as the bench does.
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [
    genericOAuth({
      config: [
        {
          providerId: 'instagram',
          clientId: settings.clientId,
          clientSecret: settings.clientSecret,
          authorizationUrl: settings.authorizeUrl,
          scopes: [settings.scope],
          pkce: false,
          getToken,
          getUserInfo,
          mapProfileToUser,
        },
      ],
    }),
  ],
} satisfies BetterAuthOptions
const { runMigrations } = await getMigrations(options)
await runMigrations()
const auth = betterAuth(options)

/** Instagram's answer has no `token_type`. */
async function getToken({ code, redirectURI }: { code: string; redirectURI: string }) {
  const { body } = await request(settings.tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: exchangeForm(code, redirectURI).toString(),
  })
  const { access_token: accessToken } = (await body.json()) as { access_token: string }
  return { accessToken, tokenType: 'bearer' }
}

async function getUserInfo({ accessToken }: { accessToken?: string | undefined }) {
  const { body } = await request(profileUrl(accessToken ?? ''))
  const { id, username } = (await body.json()) as { id: string; username: string }
  return { id, name: username, emailVerified: false }
}

/** A user without an e-mail address cannot be, and Instagram tells none. */
function mapProfileToUser({ id }: { id?: string | number | null | undefined }) {
  return { email: `${String(id)}@instagram.invalid` }
}

const app = express()
app.set('views', `${import.meta.dirname}/../servers/views`)
app.set('view engine', 'ejs')
app.all('/api/auth/{*path}', toNodeHandler(auth))
app.get('/', (_request, response) => {
  response.render('index', { getStarted: '/login' })
})
app.get('/login', async (incoming, response) => {
  const { headers, response: answer } = await auth.api.signInSocial({
    body: { provider: 'instagram', callbackURL: '/done' },
    headers: fromNodeHeaders(incoming.headers),
    returnHeaders: true,
  })
  response.set('Set-Cookie', headers.getSetCookie())
  response.redirect(answer.url ?? '/')
})
app.get('/done', async (incoming, response) => {
  const headers = fromNodeHeaders(incoming.headers)
  const session = await auth.api.getSession({ headers })
  const [account] = await auth.api.listUserAccounts({ headers })
  const { accessToken } = await auth.api.getAccessToken({ body: { accountId: account?.id ?? '' }, headers })
  response.render('done', { username: session?.user.name, token: accessToken })
})
app.listen(settings.port, '127.0.0.1')
