import process from 'node:process'
import express, { type Express } from 'express'
import {
  type Account,
  createInstagram,
  type Explained,
  type Instagram,
  type InstagramOptions,
  type ViewLocals,
} from 'instagram-access-token'

const { env } = process
const connected: Account[] = []
const failed: Explained[] = []

function start({ getStarted, reconnect }: ViewLocals<'index'>): string {
  return `<a href="${getStarted}">${reconnect ?? 'Connect Instagram'}</a>`
}

const options: InstagramOptions = {
  clientId: env['INSTAGRAM_CLIENT_ID'],
  clientSecret: env['INSTAGRAM_CLIENT_SECRET'],
  redirectUri: env['INSTAGRAM_REDIRECT_URI'],
  authorizeUrl: env['INSTAGRAM_AUTHORIZE_URL'],
  tokenUrl: env['INSTAGRAM_TOKEN_URL'],
  graphUrl: env['INSTAGRAM_GRAPH_URL'],
  onConnected({ account, returnTo, isRepeated }, _req, res, next) {
    if (!isRepeated) connected.push(account)
    if (returnTo === undefined) next()
    else res.redirect(returnTo)
  },
  onFailure(failure, _req, _res, next) {
    failed.push(failure)
    next()
  },
  render({ view, locals }, _req, res, next) {
    if (view === 'index') res.send(start(locals))
    else next()
  },
}
const instagram: Instagram = createInstagram(options)
await instagram.ready()

const host: Express = express()
host.get('/own', async (_req, res) => {
  const { accounts } = await instagram.accounts.list()
  res.send(accounts.length === connected.length + failed.length ? 'A page of the host' : 'Nobody')
})
host.use('/instagram', instagram.router)
host.listen(env['PORT'], () => {
  process.stdout.write('Ready\n')
})
