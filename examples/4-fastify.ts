// The functions alone, in another framework: routes, cookies and pages are Fastify's; logins and tokens are ours.
import { randomBytes } from 'node:crypto'
import cookies from '@fastify/cookie'
import ejs from 'ejs'
import fastify from 'fastify'
import { createInstagram, explain, verifySignedRequest } from 'instagram-access-token'
import { port, settings } from './settings.ts'

const options = await settings()
const { clientSecret = '', redirectUri = '' } = options
const { origin, protocol } = new URL(redirectUri)
const instagram = createInstagram(options)

const app = fastify()
app.addHook('onClose', () => instagram.close())
// Use a secret from your settings, so that people stay connected after a restart.
await app.register(cookies, { secret: randomBytes(32).toString('hex') })
const html = 'text/html; charset=utf-8'
const kept = { path: '/', httpOnly: true, sameSite: 'lax', secure: protocol === 'https:' } as const

app.get('/', async (request, reply) => {
  const { value } = request.unsignCookie(request.cookies['account'] ?? '')
  const account = value === null ? undefined : await instagram.accounts.find(value)
  const page = account
    ? 'Hello @<%= account.username ?? account.id %>'
    : '<a href="/instagram/login">Connect Instagram</a>'
  return reply.type(html).send(ejs.render(page, { account }))
})

app.get('/instagram/login', (request, reply) => {
  const returnTo = new URL(request.url, origin).searchParams.get('return_to') ?? '/'
  const { url, browserSecret } = instagram.beginLogin({ browserSecret: request.cookies['browser'], returnTo })
  reply.setCookie('browser', browserSecret, kept).redirect(url)
})

app.get('/instagram/response', async (request, reply) => {
  const login = { callback: request.url, browserSecret: request.cookies['browser'] }
  const { account, returnTo = '/' } = await instagram.finishLogin(login)
  return reply.setCookie('account', account.key, { ...kept, signed: true }).redirect(returnTo)
})

// Meta calls these when a person removes the app, or wants their data deleted: forms with a signed_request.
app.addContentTypeParser<string>('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
  done(null, new URLSearchParams(body).get('signed_request') ?? '')
})

app.post<{ Body: string }>('/instagram/deauthorize', async (request) => {
  const { userId, issuedAt } = verifySignedRequest(request.body, clientSecret)
  await instagram.dataDeletion.deauthorize(userId, issuedAt)
  return { success: true }
})

app.post<{ Body: string }>('/instagram/data-deletion', async (request) => {
  const { userId, issuedAt } = verifySignedRequest(request.body, clientSecret)
  const { confirmationCode } = await instagram.dataDeletion.deleteData(userId, issuedAt)
  return { url: `${origin}/instagram/deletions/${confirmationCode}`, confirmation_code: confirmationCode }
})

app.get<{ Params: { code: string } }>('/instagram/deletions/:code', async (request, reply) => {
  const deletion = await instagram.dataDeletion.findDeletion(request.params.code)
  if (!deletion) return reply.code(404).send('Deletion request not found')
  return deletion.doneAt ? `Deleted at ${deletion.doneAt.toISOString()}` : 'Ignored: the account was connected again.'
})

app.setErrorHandler((error, _request, reply) => {
  const { status, title, advice } = explain(error)
  if (status >= 500) console.error(error)
  const page = ejs.render('<h1><%= title %></h1><p><%= advice %></p>', { title, advice })
  return reply.code(status).type(html).send(page)
})

await app.listen({ port })
console.log(`Ready: http://localhost:${port}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void app.close().then(() => process.exit()))
