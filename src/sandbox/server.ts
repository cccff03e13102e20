import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import ejs from 'ejs'
import express from 'express'
import { authorizeRouter } from './authorize.ts'
import { type Call, recordCalls } from './calls.ts'
import { Clock } from './clock.ts'
import { type Decision, decide } from './decide.ts'
import { CURRENT_DIALECT, type Dialect, exchangeRouter } from './exchange.ts'
import type { FaultName, FaultyResponse } from './faults/fault.ts'
import { type Endpoint, FaultQueue, type FaultSelector, findFault } from './faults/faults.ts'
import { graphRouter, ME, MEDIA, PERMISSIONS } from './graph.ts'
import { homeRouter } from './home.ts'
import { sendError, unknownPath } from './http.ts'
import { pictureRouter } from './media.ts'
import { type Notice, type NoticeAnswer, type NoticeOptions, sendNotice, signedRequest } from './metaCallbacks.ts'
import { professional, type ProfessionalKey, TEST_USERS, type TestUser } from './testUsers.ts'
import { Throttling } from './throttling.ts'
import { type Loss, type RegisteredApp, Tokens } from './tokens.ts'

/** Options of {@link startSandbox}. */
export interface SandboxOptions {
  /** Port on 127.0.0.1; 0 = any free one. */
  port: number
  /** The registered app. */
  app: RegisteredApp
  /** How responses to code exchanges differ from what Instagram really sends. */
  dialect?: Partial<Dialect>
  /** Default: the system's clock. */
  now?: () => Date
}

/** A local simulation of Instagram: an app uses it by changing three addresses. */
export interface Sandbox {
  /** `http://127.0.0.1:<port>` */
  origin: string
  authorizeUrl: string
  tokenUrl: string
  /** For the long-lived exchange, the refresh, `/me` and `/me/media`. */
  graphUrl: string
  /** The users that can log in, guests aside. */
  testUsers: Readonly<Record<ProfessionalKey, TestUser>>
  /**
   * Submits a decision on the authorize page, and returns the URL of the redirect back to the app.
   * @throws Error with Instagram's message if Instagram's own page refuses the person or the app
   */
  authorize(url: string | URL, decision?: Decision): Promise<URL>
  /** Changes the form of code exchange responses; omitted choices stay. */
  setDialect(dialect: Partial<Dialect>): void
  /** The next call of this endpoint gets this response, and has no effect here; responses queue up. */
  answerNext(endpoint: Endpoint, response: FaultyResponse): void
  /**
   * The next login or call at the fault's place fails with it, once; faults queue up. Each entry of `FAULTS` is its own selector.
   * @throws Error for a place or variant that this fault does not have
   */
  fail(name: FaultName, selector?: FaultSelector): void
  /** The time of its clock. */
  now(): Date
  /** Moves its clock forward (negative: back), on top of `now`. No other clock moves. */
  pass(milliseconds: number): void
  /** A person removes the app: their tokens get 190 with subcode 458. Tokens of a later login are valid. */
  revoke(user: string): void
  /** Calls the app about a person with a `signed_request`, and returns its response; `undefined`: no address is registered. */
  tell(notice: Notice, user: string, options?: NoticeOptions): Promise<NoticeAnswer | undefined>
  /** The `signed_request` that Meta would send about a person now. */
  signedRequest(user: string): string
  /** A person changes their password: their tokens get 190 without a subcode. Tokens of a later login are valid. */
  changePassword(user: string): void
  /** Instagram revokes the app's permission for a person: their tokens get code 10. Tokens of a later login are valid. */
  takePermission(user: string): void
  /** A long-lived token with every scope, issued without a login `ageMs` (default 0) ago, as by Meta's dashboard. */
  dashboardToken(user: string, ageMs?: number): string
  /** Refuses the next `calls` Graph calls with code 4 and `minutes` (default 15) to wait; 0 calls = no more. */
  throttle(calls: number, minutes?: number): void
  /** Sets what the usage headers of Graph responses report, in percent; 1 at first. */
  usage(percent: number): void
  /** Every call of the app's server so far, valid or not. */
  calls: readonly Call[]
  /** Stops listening and closes open connections. */
  close(): Promise<void>
}

/**
 * Starts a strict simulation of Instagram that only this machine can reach.
 * @throws the error of the listener, such as `EADDRINUSE`
 */
export async function startSandbox({
  port,
  app,
  dialect: change,
  now = () => new Date(),
}: SandboxOptions): Promise<Sandbox> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clock = new Clock(now)
  const tokens = new Tokens(clock.now)
  const throttling = new Throttling()
  const faults = new FaultQueue()
  const calls: Call[] = []
  let dialect: Dialect = { ...CURRENT_DIALECT, ...change }

  const web = express()
  web.disable('x-powered-by')
  web.disable('etag')
  web.set('views', join(import.meta.dirname, 'views'))
  web.set('view engine', 'ejs')
  // Express itself cannot always resolve ejs: it is our dependency, not Express's.
  web.engine('ejs', (path: string, locals: object, done: (error: Error | null, html?: string) => void) => {
    ejs.renderFile(path, locals).then((html) => {
      done(null, html)
    }, done)
  })
  web.use((_request, response, next) => {
    response.setHeader('Date', clock.now().toUTCString())
    next()
  })
  web.use(express.raw({ type: () => true }))

  const record = (endpoint: Endpoint) => recordCalls(endpoint, calls, faults)
  const limit = throttling.limit(tokens)
  web.all('/oauth/access_token', record('token'))
  web.all('/access_token', record('long_lived'), limit)
  web.all('/refresh_access_token', record('refresh'), limit)
  web.all(ME, record('me'), limit)
  web.all(MEDIA, record('media'), limit)
  web.all(PERMISSIONS, record('revoke'), limit)
  web.all('/pictures/:name', record('picture'))

  web.use(homeRouter(app, clock, tokens))
  web.use(authorizeRouter(app, tokens, faults))
  web.use(exchangeRouter(origin, app, tokens, () => dialect))
  web.use(graphRouter(origin, app, tokens))
  web.use(pictureRouter())
  web.use((request) => {
    throw unknownPath(request)
  })
  web.use(sendError)
  server.on('request', web)

  const revoke = (user: string, loss: Loss) => {
    tokens.revoke(professional(user), loss)
  }
  return {
    origin,
    authorizeUrl: `${origin}/oauth/authorize`,
    tokenUrl: `${origin}/oauth/access_token`,
    graphUrl: origin,
    testUsers: TEST_USERS,
    async authorize(url, decision) {
      if (new URL(url).origin !== origin)
        throw new Error(`This is not an address of the sandbox, which is at ${origin}.`)
      return decide(url, decision)
    },
    setDialect(change) {
      dialect = { ...dialect, ...change }
    },
    answerNext(endpoint, response) {
      faults.addResponse(endpoint, response)
    },
    fail(name, selector) {
      faults.add(findFault(name, selector))
    },
    now: clock.now,
    pass(milliseconds) {
      clock.pass(milliseconds)
    },
    revoke(user) {
      revoke(user, 'app_removed')
    },
    tell(notice, user, { secret, ...change } = {}) {
      const { id } = professional(user).profile
      return sendNotice(notice, app, { userId: id, issuedAt: clock.now(), ...change }, secret)
    },
    signedRequest(user) {
      const { id: userId } = professional(user).profile
      return signedRequest({ userId, issuedAt: clock.now() }, app.clientSecret)
    },
    changePassword(user) {
      revoke(user, 'password_changed')
    },
    takePermission(user) {
      revoke(user, 'permission_lost')
    },
    dashboardToken(user, ageMs) {
      return tokens.issueDashboardToken(professional(user), ageMs)
    },
    throttle(count, minutes = 15) {
      throttling.throttle(count, minutes)
    },
    usage(percent) {
      throttling.setUsage(percent)
    },
    calls,
    close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      return closed.then(() => undefined)
    },
  }
}
