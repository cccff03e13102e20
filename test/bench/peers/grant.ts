import type { RequestHandler } from 'express'
import grant, { type GrantOptions } from 'grant'
import { createExpress } from './createExpress.ts'
import { settings } from '../servers/settings.ts'

interface Answer {
  access_token: string
  profile: { username: string }
}

// Its types say that it is an ES module, which it is not.
const createGrant = grant as unknown as (options: GrantOptions) => RequestHandler

const app = createExpress()
app.get('/', (_request, response) => {
  response.render('index', { getStarted: '/connect/business' })
})
app.use(
  createGrant({
    handler: 'express',
    config: {
      defaults: { origin: settings.origin, state: true, transport: 'state', response: ['tokens', 'profile'] },
      // Under its own name grant sends app_id, as an API wanted that is gone since 2024.
      business: {
        oauth: 2,
        key: settings.clientId,
        secret: settings.clientSecret,
        scope: [settings.scope],
        authorize_url: settings.authorizeUrl,
        access_url: settings.tokenUrl,
        profile_url: `${settings.meUrl}?fields=${settings.fields}`,
      },
    },
  }),
)
app.get('/connect/business/callback', (_request, response) => {
  const { access_token: token, profile } = (response.locals['grant'] as { response: Answer }).response
  response.render('done', { username: profile.username, token })
})
app.listen(settings.port, '127.0.0.1')
