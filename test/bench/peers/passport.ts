import passport from 'passport'
import OAuth2Strategy from 'passport-oauth2'
import { createExpress } from './createExpress.ts'
import { profileUrl, settings } from '../servers/settings.ts'

interface User {
  username: string
  token: string
}

/** passport-instagram asks an address that is dead since 2020, so people write this much of a strategy themselves. */
class InstagramStrategy extends OAuth2Strategy {
  override userProfile(accessToken: string, done: (error: unknown, profile?: unknown) => void): void {
    this._oauth2.get(profileUrl(accessToken), '', (error, body) => {
      if (error) done(error)
      else done(null, JSON.parse(String(body)))
    })
  }
}

// Keep-alive is what node:http's own agent does; passport's calls go through it.
passport.use(
  'instagram',
  new InstagramStrategy(
    {
      authorizationURL: settings.authorizeUrl,
      tokenURL: settings.tokenUrl,
      clientID: settings.clientId,
      clientSecret: settings.clientSecret,
      callbackURL: `${settings.origin}/response`,
      scope: settings.scope,
      state: true,
    },
    (token: string, _refresh: string, { username }: { username: string }, done: OAuth2Strategy.VerifyCallback) => {
      done(null, { username, token } satisfies User)
    },
  ),
)
passport.serializeUser((user, done) => {
  done(null, user)
})
passport.deserializeUser((user: Express.User, done) => {
  done(null, user)
})

const app = createExpress()
app.use(passport.session())
app.get('/', (_request, response) => {
  response.render('index', { getStarted: '/login' })
})
app.get('/login', passport.authenticate('instagram'))
app.get('/response', passport.authenticate('instagram'), (request, response) => {
  response.render('done', request.user as User)
})
app.listen(settings.port, '127.0.0.1')
