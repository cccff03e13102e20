import { ExpressAuth, type ExpressAuthConfig, getSession } from '@auth/express'
import express from 'express'
import { settings } from '../servers/settings.ts'

interface Instagram {
  id: string
  username: string
}

const config: ExpressAuthConfig = {
  secret: settings.cookieSecret,
  trustHost: true,
  basePath: '/auth',
  providers: [
    {
      id: 'instagram',
      name: 'Instagram',
      type: 'oauth',
      checks: ['state'],
      clientId: settings.clientId,
      clientSecret: settings.clientSecret,
      client: { token_endpoint_auth_method: 'client_secret_post' },
      authorization: { url: settings.authorizeUrl, params: { scope: settings.scope } },
      token: { url: settings.tokenUrl, conform: withTokenType },
      userinfo: {
        url: settings.meUrl,
        async request({ tokens }: { tokens: { access_token: string } }) {
          const me = await fetch(`${settings.meUrl}?fields=${settings.fields}&access_token=${tokens.access_token}`)
          return me.json()
        },
      },
      profile: ({ id, username }: Instagram) => ({ id, name: username, email: null, image: null }),
    },
  ],
  callbacks: {
    jwt: ({ token, account }) => (account ? { ...token, accessToken: account.access_token } : token),
    session: ({ session, token }) => ({ ...session, accessToken: token['accessToken'] }),
  },
}

/** Auth.js refuses an answer without `token_type`, and Instagram sends none. */
async function withTokenType(response: Response): Promise<Response> {
  const answer = (await response.json()) as object
  return Response.json({ token_type: 'bearer', ...answer }, response)
}

const app = express()
app.set('views', `${import.meta.dirname}/../servers/views`)
app.set('view engine', 'ejs')
app.get('/', (_request, response) => {
  response.render('index', { getStarted: '/auth/signin?callbackUrl=/done' })
})
app.use('/auth', ExpressAuth(config))
app.get('/done', async (request, response) => {
  const session = (await getSession(request, config)) as unknown as {
    user: { name: string }
    accessToken: string
  }
  response.render('done', { username: session.user.name, token: session.accessToken })
})
app.listen(settings.port, '127.0.0.1')
