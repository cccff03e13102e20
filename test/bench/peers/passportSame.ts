import passport from 'passport'
import OAuth2Strategy from 'passport-oauth2'
import { database, saveAccount } from '../servers/same/accounts.ts'
import { createExpress } from '../servers/same/createExpress.ts'
import { fetchAccount, type Profile, type Token } from '../servers/same/instagram.ts'
import { settings } from '../servers/settings.ts'

// The same job as our app's, with passport.

interface Connected {
  profile: Profile
  token: Token
}

interface User {
  id: string
  username: string
  /** Only in the request that connects the account. */
  token?: string
}

class InstagramStrategy extends OAuth2Strategy {
  override userProfile(accessToken: string, done: (error: unknown, connected?: Connected) => void): void {
    fetchAccount(accessToken).then((connected) => {
      done(null, connected)
    }, done)
  }
}

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
    (_token: string, _refresh: string, { profile, token }: Connected, done: OAuth2Strategy.VerifyCallback) => {
      saveAccount(profile, token)
      done(null, { id: profile.id, username: profile.username, token: token.value } satisfies User)
    },
  ),
)
passport.serializeUser((user, done) => {
  done(null, (user as User).id)
})

const find = database.prepare('SELECT id, username FROM accounts WHERE id = ?')
passport.deserializeUser((id: string, done) => {
  done(null, (find.get(id) as User | undefined) ?? false)
})

const app = createExpress()
app.use(passport.session())
app.get('/', (_request, response) => {
  response.render('index', { getStarted: '/login' })
})
app.get('/login', passport.authenticate('instagram'))
app.get('/response', passport.authenticate('instagram'), (request, response) => {
  response.set('Cache-Control', 'no-store').render('done', request.user as User)
})
app.listen(settings.port, '127.0.0.1')
