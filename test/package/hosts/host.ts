import process from 'node:process'
import express, { type Express } from 'express'
import {
  type Account,
  type Explained,
  instagram,
  type InstagramOptions,
  type InstagramRouter,
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
  onConnected(account, _req, res, { returnTo, isRepeated }) {
    if (!isRepeated) connected.push(account)
    if (returnTo !== undefined) res.redirect(returnTo)
  },
  onFailure: (failure) => failed.push(failure),
  render(view, locals, _req, res) {
    if (view === 'index') res.send(start(locals))
  },
}
const router: InstagramRouter = instagram(options)
await router.ready()

const host: Express = express()
host.get('/own', async (_req, res) => {
  const { accounts } = await router.accounts.list()
  res.send(accounts.length === connected.length + failed.length ? 'A page of the host' : 'Nobody')
})
host.use('/instagram', router)
host.listen(env['PORT'], () => {
  process.stdout.write('Ready\n')
})
