// An existing Express app, with its own session and pages, gets logins with Instagram by the three marked lines.
import { randomBytes, randomUUID } from 'node:crypto'
import ejs from 'ejs'
import express from 'express'
import session from 'express-session'
import { createInstagram } from 'instagram-access-token' // 1
import { port, settings } from './settings.ts'

declare module 'express-session' {
  interface SessionData {
    visits: number
    /** The ID of this visitor. In an app with users it is the user's. */
    user: string
    /** The key of the account that this visitor has connected. */
    instagram: string
  }
}

const PAGE = `
  <p>You were here <%= visits %> times.</p>
  <% if (account) { %><p>Connected: @<%= account.username ?? account.id %>. <a href="/instagram/">More</a></p>
  <% } else { %><p><a href="/instagram/login?return_to=/">Connect Instagram</a></p><% } %>`

const app = express()
const cookie = { sameSite: 'lax' } as const
app.use(session({ secret: randomBytes(32).toString('hex'), resave: false, saveUninitialized: false, cookie }))

const instagram = createInstagram({
  ...(await settings()),
  // Nobody else who uses this browser can end a login of this user.
  bindTo: ({ session }) => session.user,
  // What a login means in your app. Here the visitor's session keeps the account; in an app with users, the user does.
  // A repeated callback changes nothing: the visitor may have disconnected since.
  onConnected({ account, isRepeated }, request, _response, next) {
    if (!isRepeated) request.session.instagram = account.key
    next()
  },
}) // 2
app.use('/instagram', instagram.router) // 3

app.get('/', async (request, response) => {
  request.session.user ??= randomUUID()
  const visits = (request.session.visits = (request.session.visits ?? 0) + 1)
  const account = await instagram.accounts.find(request.session.instagram ?? '')
  response.send(ejs.render(PAGE, { visits, account }))
})

const server = app.listen(port, (error) => {
  if (error) throw error
  console.log(`Ready: http://localhost:${port}`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    // Requests under way are finished first.
    server.close(() => void instagram.close().then(() => process.exit()))
  })
