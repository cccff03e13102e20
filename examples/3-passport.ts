// Log in with Instagram beside Passport, instead of passport-instagram (its API ended in 2020). Passport keeps the user logged in; our login
// leaves an account whose token stays valid.
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import ejs from 'ejs'
import express, { type Request, type RequestHandler } from 'express'
import session from 'express-session'
import { type Account, createInstagram } from 'instagram-access-token'
import passport from 'passport'
import { port, settings } from './settings.ts'

const app = express()
const cookie = { sameSite: 'lax' } as const
app.use(session({ secret: randomBytes(32).toString('hex'), resave: false, saveUninitialized: false, cookie }))
app.use(passport.session())

const instagram = createInstagram({
  ...(await settings('/auth/instagram/callback')),
  async onConnected({ account, returnTo = '/' }, request, response) {
    // Find your own user by account.key here, or create one.
    await logIn(request, account)
    response.redirect(returnTo)
  },
  onFailure({ title, advice }, _request, response) {
    response.send(ejs.render('<h1><%= title %></h1> <%= advice %> <a href="/">Back</a>', { title, advice }))
  },
})
app.use('/auth/instagram', instagram.router)

function logIn(request: Request, account: Account): Promise<void> {
  return new Promise((resolve, reject) => {
    request.logIn(account, { session: true, keepSessionInfo: true }, (error?: Error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

passport.serializeUser<string>((user, done) => {
  done(null, (user as Account).key)
})
passport.deserializeUser<string>((key, done) => {
  instagram.accounts.find(key).then((account) => {
    done(null, account?.status === 'disconnected_by_instagram' ? false : account)
  }, done)
})

app.get('/', (request, response) => {
  const page = request.user
    ? '<a href="/profile">Your profile</a> <form method="post" action="/logout"><button>Log out</button></form>'
    : '<a href="/auth/instagram/login">Log in with Instagram</a>'
  response.send(page)
})

const mustBeLoggedIn: RequestHandler = (request, response, next) => {
  if (request.isAuthenticated()) next()
  else response.redirect(`/auth/instagram/login?return_to=${encodeURIComponent(request.originalUrl)}`)
}

app.get('/profile', mustBeLoggedIn, (request, response) => {
  response.send(ejs.render('You are @<%= username %>', request.user))
})

app.post('/logout', async (request, response) => {
  await promisify(request.logOut.bind(request))()
  response.redirect('/')
})

app.listen(port, (error) => {
  if (error) throw error
  console.log(`Ready: http://localhost:${port}`)
})
