import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express, { type Express } from 'express'
import { authorizeRouter } from './authorize.ts'
import type { RegisteredApp } from './authorizationRequest.ts'
import { Credentials } from './credentials.ts'
import { exchangeRouter } from './exchange.ts'
import { type Dialect, SPOKEN_TODAY } from './exchangeAnswer.ts'
import { homeRouter } from './home.ts'
import { longLivedRouter } from './longLived.ts'
import type { Misbehaviour } from './misbehaviour.ts'
import { pictureRouter } from './picture.ts'
import { profileRouter } from './profile.ts'
import { answerRefusal } from './refusals.ts'
import { type Call, type Endpoint, Traffic } from './traffic.ts'

/** What a sandbox is started with. */
export interface SandboxOptions {
  /** Port on 127.0.0.1; 0 = any free one. */
  port: number
  /** The one app that it knows. */
  app: RegisteredApp
  /** Default: the system's clock. */
  now?: () => Date
}

/** Instagram on this machine: an app talks to it by changing three addresses. */
export interface Sandbox {
  /** `http://127.0.0.1:<port>` */
  origin: string
  authorizeUrl: string
  tokenUrl: string
  /** For the long-lived exchange, the refresh and `/v26.0/me`. */
  graphUrl: string
  /** How code exchanges are spelled from now on; what is not named stays. */
  speak(dialect: Partial<Dialect>): void
  /** The next call of this endpoint gets this instead of the right answer, and changes nothing here; answers queue up. */
  answerNext(endpoint: Endpoint, answer: Misbehaviour): void
  /** Every call of the server-side endpoints so far, right or wrong. */
  calls: readonly Call[]
  /** Stops listening and ends open connections. */
  close(): Promise<void>
}

/**
 * Starts a strict stand-in for Instagram, reachable from this machine only.
 * @throws what the listener reports, such as `EADDRINUSE`
 */
export async function startSandbox({ port, app, now = systemClock }: SandboxOptions): Promise<Sandbox> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  const origin = originOf(server)
  const credentials = new Credentials(now)
  const traffic = new Traffic()
  let dialect = SPOKEN_TODAY

  const web = createWeb(traffic)
  web.use(homeRouter(app))
  web.use(authorizeRouter(app, credentials))
  web.use(exchangeRouter({ origin, app, credentials, dialect: () => dialect }))
  web.use(longLivedRouter(app, credentials))
  web.use(profileRouter(origin, credentials))
  web.use(pictureRouter())
  web.use(answerRefusal)
  server.on('request', web)

  return {
    origin,
    authorizeUrl: `${origin}/oauth/authorize`,
    tokenUrl: `${origin}/oauth/access_token`,
    graphUrl: origin,
    speak(change) {
      dialect = { ...dialect, ...change }
    },
    answerNext(endpoint, answer) {
      traffic.answerNext(endpoint, answer)
    },
    calls: traffic.calls,
    close() {
      return close(server)
    },
  }
}

function systemClock(): Date {
  return new Date()
}

function originOf(server: Server): string {
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

function createWeb(traffic: Traffic): Express {
  const web = express()
  web.disable('x-powered-by')
  web.disable('etag')
  web.set('views', join(import.meta.dirname, 'views'))
  web.set('view engine', 'ejs')
  web.use(express.raw({ type: () => true }))
  web.all('/oauth/access_token', traffic.watch('token'))
  web.all('/access_token', traffic.watch('long_lived'))
  web.all('/refresh_access_token', traffic.watch('refresh'))
  web.all('/:version/me', traffic.watch('me'))
  web.all('/pictures/:name', traffic.watch('picture'))
  return web
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
}
