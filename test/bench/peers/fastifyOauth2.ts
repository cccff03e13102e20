import { readFileSync } from 'node:fs'
import oauth2 from '@fastify/oauth2'
import ejs from 'ejs'
import Fastify from 'fastify'
import { request } from 'undici'
import { profileUrl, settings } from '../servers/settings.ts'

const view = (name: string) => ejs.compile(readFileSync(`${import.meta.dirname}/../servers/views/${name}.ejs`, 'utf8'))
const [index, done] = [view('index'), view('done')]

const app = Fastify()
app.register(oauth2, {
  name: 'instagram',
  scope: [settings.scope],
  credentials: {
    client: { id: settings.clientId, secret: settings.clientSecret },
    auth: {
      authorizeHost: new URL(settings.authorizeUrl).origin,
      authorizePath: new URL(settings.authorizeUrl).pathname,
      tokenHost: new URL(settings.tokenUrl).origin,
      tokenPath: new URL(settings.tokenUrl).pathname,
    },
    options: { authorizationMethod: 'body' },
  },
  startRedirectPath: '/login',
  callbackUri: `${settings.origin}/response`,
  cookie: { secure: false },
})
app.get('/', (_request, reply) => {
  reply.type('text/html; charset=utf-8').send(index({ getStarted: '/login' }))
})
app.get('/response', async (incoming, reply) => {
  const { token } = await app.instagram.getAccessTokenFromAuthorizationCodeFlow(incoming)
  const me = await request(profileUrl(token.access_token))
  const { username } = (await me.body.json()) as { username: string }
  reply.type('text/html; charset=utf-8')
  return done({ username, token: token.access_token })
})
await app.listen({ port: settings.port, host: '127.0.0.1' })

declare module 'fastify' {
  interface FastifyInstance {
    instagram: oauth2.OAuth2Namespace
  }
}
