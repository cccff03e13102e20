import { Router } from 'express'
import { z } from 'zod'
import { importToken } from '../accounts/importToken.ts'
import { refreshableFrom } from '../accounts/refresher.ts'
import { Refusal } from '../login/failures.ts'
import { connectedAccount, type Login, showAccount } from './accountPage.ts'
import { asRoute } from './address.ts'
import { readForm } from './body.ts'
import { browserOf } from './browser.ts'
import { limited } from './limits.ts'
import { finish } from './finish.ts'
import { keptOf, signIn, signOut } from './session.ts'
import { goTo, show } from './views.ts'

/** The form that takes a token; without one it is empty, and refused as no token. */
const imported = z.object({ access_token: z.string().catch('') }).catch({ access_token: '' })

/** The pages of the login. `callback`: the path where people come back. POSTs must have been let through by `sameOrigin`. */
export function pages(login: Login, callback: string): Router {
  const { instagram, accounts, now, takesTokens } = login
  const router = Router()

  router.get('/', async (request, response) => {
    const account = await connectedAccount(login, request)
    if (account) return showAccount(login, account, request, response, { justConnected: false })
    const { url } = login.beginLogin({ browser: browserOf(request).remember() })
    return show(response, 'index', { getStarted: url, reconnect: null, takesTokens })
  })

  router.get('/reconnect/:id', async (request, response) => {
    const { id } = request.params
    const account = await accounts.findById(id)
    const { url } = login.beginLogin({ browser: browserOf(request).remember(), forceReauth: true })
    const reconnect = account?.id === id ? (account.username ?? id) : null
    return show(response, 'index', { getStarted: url, reconnect, takesTokens })
  })

  router.get(asRoute(callback), limited('callback'), async (request, response) => {
    const query = new URLSearchParams(/\?(.*)$/s.exec(request.url)?.[1])
    if (!query.get('code') && !query.get('error')) {
      const account = await connectedAccount(login, request)
      if (!account) throw new Refusal('no_answer')
      return showAccount(login, account, request, response, { justConnected: false })
    }
    await finish(login, query, request, response)
  })

  router.get('/picture', async (request, response) => {
    const account = await connectedAccount(login, request)
    if (!account?.pictureUrl) throw new Refusal('not_found')
    const { contentType, bytes } = await instagram.picture(account.pictureUrl).catch((cause: unknown) => {
      throw new Refusal('not_found', { detail: 'the picture', cause })
    })
    response.type(contentType).send(bytes)
  })

  router.post('/refresh', async (request, response) => {
    const account = await connectedAccount(login, request)
    if (!account) throw new Refusal('account_gone')
    const from = refreshableFrom(account)
    if (!from || from > now()) throw new Refusal('refresh_too_young')
    await login.refresher.refresh(account.key)
    goTo(response, '/')
  })

  if (takesTokens)
    router.post('/import', limited('import'), readForm('16kb'), async (request, response) => {
      const pasted = imported.parse(request.body).access_token
      const account = await importToken(instagram, accounts, login.scopes, now, pasted)
      await signIn(request, account.key)
      goTo(response, '/')
    })

  router.post('/disconnect', async (request, response) => {
    const { accountKey } = keptOf(request)
    if (accountKey) await accounts.remove(accountKey)
    await signOut(request)
    goTo(response, '/')
  })

  return router
}
