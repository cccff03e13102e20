// An app of yours with logins, made by a function, so that its tests can give it a sandbox in place of Instagram.
import express, { type Express } from 'express'
import { type AccessOptions, explain, instagram, type InstagramRouter } from 'instagram-access-token'

/** The app, and what is to be closed after it. */
export function createApp(options: AccessOptions): { app: Express; logins: InstagramRouter } {
  const app = express()
  const logins = instagram(options)
  app.use('/instagram', logins)

  // A page for programs, such as the build of a site: whether each account has a valid token, and if not why.
  app.get('/accounts', async (_request, response) => {
    const { accounts } = await logins.accounts.list()
    const lines = accounts.map(async ({ key, username }) => {
      const token = await logins.accounts.token(key).catch(explain)
      return { username, token: 'accessToken' in token ? 'valid' : token.name }
    })
    response.json(await Promise.all(lines))
  })

  app.get('/', (_request, response) => {
    response.send('<a href="/instagram/login?return_to=/accounts">Connect Instagram</a>')
  })

  return { app, logins }
}
