import { join } from 'node:path'
import express, { type Express } from 'express'
import { authorizeRouter } from './authorize.ts'
import type { RegisteredApp } from './authorizationRequest.ts'
import type { Clock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { exchangeRouter } from './exchange.ts'
import type { Dialect } from './exchangeAnswer.ts'
import { homeRouter } from './home.ts'
import { longLivedRouter } from './longLived.ts'
import { pictureRouter } from './picture.ts'
import { mediaRouter } from './media.ts'
import { profileRouter } from './profile.ts'
import type { Quota } from './quota.ts'
import { answerRefusal } from './refusals.ts'
import type { Traffic } from './traffic.ts'
import type { WaitingMishaps } from './waitingMishaps.ts'

/** All that one sandbox knows and keeps. */
interface WebWorld {
  origin: string
  app: RegisteredApp
  clock: Clock
  credentials: Credentials
  quota: Quota
  traffic: Traffic
  mishaps: WaitingMishaps
  /** How to spell the answer to a code exchange. */
  dialect: () => Dialect
}

/** Everything that a sandbox answers. */
export function createWeb(world: WebWorld): Express {
  const { origin, app, clock, credentials, quota, traffic, mishaps, dialect } = world
  const web = express()
  web.disable('x-powered-by')
  web.disable('etag')
  web.set('views', join(import.meta.dirname, 'views'))
  web.set('view engine', 'ejs')
  web.use(express.raw({ type: () => true }))

  const counted = quota.watch(credentials)
  web.all('/oauth/access_token', traffic.watch('token'))
  web.all('/access_token', traffic.watch('long_lived'), counted)
  web.all('/refresh_access_token', traffic.watch('refresh'), counted)
  web.all('/:version/me', traffic.watch('me'), counted)
  web.all('/:version/me/media', traffic.watch('media'), counted)
  web.all('/pictures/:name', traffic.watch('picture'))

  web.use(homeRouter({ app, clock, credentials }))
  web.use(authorizeRouter({ app, credentials, mishaps }))
  web.use(exchangeRouter({ origin, app, credentials, dialect }))
  web.use(longLivedRouter(app, credentials))
  web.use(mediaRouter(origin, credentials))
  web.use(profileRouter(origin, credentials))
  web.use(pictureRouter())
  web.use(answerRefusal)
  return web
}
