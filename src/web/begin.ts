import { Router } from 'express'
import type { Login } from './accountPage.ts'
import { browserOf } from './browser.ts'

/**
 * `GET /login`: begins a login and sends the browser straight to Instagram, for links and buttons on pages of others.
 * `?return_to=`: where it goes afterwards, a path of this site or an address of an allowed origin. `?force_reauth=1`: it is to log
 * in at Instagram again, as another account maybe.
 */
export function begin(login: Login): Router {
  const router = Router()
  router.get('/login', (request, response) => {
    const query = new URLSearchParams(/\?(.*)$/s.exec(request.url)?.[1])
    const { url } = login.beginLogin({
      browser: browserOf(request).remember(),
      returnTo: query.get('return_to') ?? undefined,
      forceReauth: query.get('force_reauth') === '1',
    })
    response.redirect(303, url)
  })
  return router
}
