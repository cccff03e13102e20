// Your app with logins, created by a function, so that its tests can pass a sandbox instead of Instagram.
import express, { type Express } from 'express'
import { createInstagram, explain, type Instagram, type InstagramOptions } from 'instagram-access-token'

/** The app, and what to close after it. */
export function createApp(options: InstagramOptions): { app: Express; instagram: Instagram } {
  const app = express()
  const instagram = createInstagram(options)
  app.use('/instagram', instagram.router)

  // For programs, such as the build of a site: whether each account has a valid token, or why not.
  app.get('/accounts', async (_request, response) => {
    const { accounts } = await instagram.accounts.list()
    const lines = accounts.map(async ({ key, username }) => {
      const token = await instagram.accounts.token(key).catch(explain)
      return { username, token: 'accessToken' in token ? 'valid' : token.name }
    })
    response.json(await Promise.all(lines))
  })

  app.get('/', (_request, response) => {
    response.send('<a href="/instagram/login?return_to=/accounts">Connect Instagram</a>')
  })

  return { app, instagram }
}
