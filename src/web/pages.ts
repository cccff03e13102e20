import { Router } from 'express'
import { connectedAccount, type Login, showAccount } from './accountPage.ts'
import { type Callbacks } from './callbacks.ts'
import { Refusal } from './failures.ts'
import { receiveCallback } from './receiveCallback.ts'
import { browserKey, signOut } from './session.ts'
import { createState } from './state.ts'
import { show } from './views.ts'

/** The pages of the login. POSTs must have been let through by `sameOrigin`. */
export function pages(login: Login, callbacks: Callbacks): Router {
  const { instagram, accounts, now } = login
  const router = Router()

  router.get('/', async (request, response) => {
    const account = await connectedAccount(login, request)
    if (account) return showAccount(login, account, request, response, { justConnected: false })
    const state = createState(await browserKey(request), now())
    show(response, 'index', { getStarted: instagram.authorizeUrl(state) })
  })

  router.get('/response', async (request, response) => {
    const query = new URLSearchParams(request.url.split('?')[1])
    if (!query.get('code') && !query.get('error')) {
      const account = await connectedAccount(login, request)
      if (!account) throw new Refusal('no_answer')
      return showAccount(login, account, request, response, { justConnected: false })
    }
    const account = await receiveCallback(login, callbacks, query, request)
    await showAccount(login, account, request, response, { justConnected: true })
  })

  router.get('/picture', async (request, response) => {
    const account = await connectedAccount(login, request)
    if (!account?.pictureUrl) throw new Refusal('not_found')
    const { contentType, bytes } = await instagram.picture(account.pictureUrl).catch((cause: unknown) => {
      throw new Refusal('not_found', { detail: 'the picture', cause })
    })
    response.type(contentType).send(bytes)
  })

  router.post('/disconnect', async (request, response) => {
    const { accountKey } = request.session
    if (accountKey) await accounts.remove(accountKey)
    await signOut(request)
    request.log.info('disconnected')
    response.redirect(303, '/')
  })

  return router
}
