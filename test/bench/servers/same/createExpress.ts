import express, { type Express } from 'express'
import session from 'express-session'
import helmet from 'helmet'
import pino from 'pino'
import { settings } from '../settings.ts'
import { SESSION_LIFETIME_MS, SqliteSessionStore } from './sessionStore.ts'

/** Express with EJS, a log line for each request, security headers, and sessions in the database. */
export function createExpress(): Express {
  const log = pino({ base: null })
  const app = express()
  app.set('views', `${import.meta.dirname}/../views`)
  app.set('view engine', 'ejs')
  app.use((request, response, next) => {
    const start = performance.now()
    response.on('finish', () => {
      // Without the query, which holds the code.
      const { method, path } = request
      log.info({ method, path, status: response.statusCode, ms: Math.round(performance.now() - start) }, 'request')
    })
    next()
  })
  app.use(helmet())
  app.use(
    session({
      store: new SqliteSessionStore(),
      secret: settings.cookieSecret,
      cookie: { httpOnly: true, sameSite: 'lax', maxAge: SESSION_LIFETIME_MS },
      resave: false,
      saveUninitialized: false,
    }),
  )
  return app
}
