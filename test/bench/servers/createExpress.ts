import express, { type Express } from 'express'
import session from 'express-session'
import { settings } from './settings.ts'

/** Express as every server here sets it up that is made with it: EJS, and sessions in memory. */
export function createExpress(): Express {
  const app = express()
  app.set('views', `${import.meta.dirname}/views`)
  app.set('view engine', 'ejs')
  app.use(session({ secret: settings.cookieSecret, resave: false, saveUninitialized: false }))
  return app
}
