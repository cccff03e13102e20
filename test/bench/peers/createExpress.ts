import express, { type Express } from 'express'
import session from 'express-session'
import { settings } from '../servers/settings.ts'

/** Express with EJS, and with sessions in memory. */
export function createExpress(): Express {
  const app = express()
  app.set('views', `${import.meta.dirname}/../servers/views`)
  app.set('view engine', 'ejs')
  app.use(session({ secret: settings.cookieSecret, resave: false, saveUninitialized: false }))
  return app
}
