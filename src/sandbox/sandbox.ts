import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RegisteredApp } from './authorizationRequest.ts'
import { Clock } from './clock.ts'
import { Credentials, type Loss } from './credentials.ts'
import { type Decision, decide } from './decide.ts'
import { type Dialect, SPOKEN_TODAY } from './exchangeAnswer.ts'
import type { Misbehaviour } from './misbehaviour.ts'
import type { MishapName } from './mishaps/mishap.ts'
import { findMishap, type Which } from './mishaps/mishaps.ts'
import { type Notice, type NoticeAnswer, type NoticeOptions, tell } from './notice.ts'
import { type Inhabitant, type InhabitantKey, INHABITANTS, professional } from './people.ts'
import { Quota } from './quota.ts'
import { signedRequest } from './signedRequest.ts'
import { type Call, type Endpoint, Traffic } from './traffic.ts'
import { WaitingMishaps } from './waitingMishaps.ts'
import { createWeb } from './web.ts'

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
  /** Those who live here and can connect. */
  people: Readonly<Record<InhabitantKey, Inhabitant>>
  /**
   * Decides on the authorize page as a person would, and returns the address to which Instagram sends the browser back.
   * @throws Error with Instagram's words where its own page turns the person, or the app, away
   */
  authorize(url: string | URL, decision?: Decision): Promise<URL>
  /** How code exchanges are spelled from now on; what is not named stays. */
  speak(dialect: Partial<Dialect>): void
  /** The next call of this endpoint gets this instead of the right answer, and changes nothing here; answers queue up. */
  answerNext(endpoint: Endpoint, answer: Misbehaviour): void
  /**
   * The next login or call that comes by the place where this happens goes wrong in this way, once; mishaps queue up.
   * `MISHAPS` lists them all, and each of them is its own {@link Which}.
   * @throws Error for a place or variant that this does not have
   */
  fail(name: MishapName, which?: Which): void
  /** What its clock says. */
  now(): Date
  /** Moves its clock forward (less than zero: back), on top of `now`. Nobody else's clock moves. */
  pass(milliseconds: number): void
  /** A person removes the app: their tokens answer 190 with subcode 458, until they log in again and for new tokens only. */
  revoke(personKey: string): void
  /** Tells the app of a person by a `signed_request`, and returns what it said; `undefined`: it has no address for this. */
  tell(notice: Notice, personKey: string, options?: NoticeOptions): Promise<NoticeAnswer | undefined>
  /** The `signed_request` by which Meta would tell the app of a person now. */
  signedRequest(personKey: string): string
  /** A person changes their password: their tokens answer 190 without a subcode; a new login gives good ones. */
  changePassword(personKey: string): void
  /** Instagram takes the app's permission for a person: their tokens answer code 10; a new login gives good ones. */
  takePermission(personKey: string): void
  /** A long-lived token with every scope, made without a login and `ageMs` (default 0) ago, as Meta's dashboard generates them. */
  dashboardToken(personKey: string, ageMs?: number): string
  /** The next so many Graph calls are refused with code 4 and told to come again after `minutes` (default 15); 0 calls = none any more. */
  throttle(calls: number, minutes?: number): void
  /** What the usage headers of Graph answers say from now on, in percent; 1 at first. */
  usage(percent: number): void
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
  const clock = new Clock(now)
  const credentials = new Credentials(app.clientId, clock.now)
  const quota = new Quota()
  const traffic = new Traffic()
  const mishaps = new WaitingMishaps(traffic)
  let dialect = SPOKEN_TODAY
  const world = { origin, app, clock, credentials, quota, traffic, mishaps, dialect: () => dialect }
  server.on('request', createWeb(world))

  const takeBack = (personKey: string, loss: Loss) => {
    credentials.takeBack(professional(personKey), loss)
  }
  return {
    origin,
    authorizeUrl: `${origin}/oauth/authorize`,
    tokenUrl: `${origin}/oauth/access_token`,
    graphUrl: origin,
    people: INHABITANTS,
    async authorize(url, decision) {
      if (new URL(url).origin !== origin)
        throw new Error(`The sandbox is at ${origin}, and this is elsewhere.`)
      return decide(url, decision)
    },
    speak(change) {
      dialect = { ...dialect, ...change }
    },
    answerNext(endpoint, answer) {
      traffic.answerNext(endpoint, answer)
    },
    fail(name, which) {
      mishaps.add(findMishap(name, which))
    },
    now: () => clock.now(),
    pass(milliseconds) {
      clock.pass(milliseconds)
    },
    revoke(personKey) {
      takeBack(personKey, 'app_removed')
    },
    tell(notice, personKey, { secret, ...change } = {}) {
      const { id } = professional(personKey).profile
      return tell(notice, app, { userId: id, issuedAt: clock.now(), ...change }, secret)
    },
    signedRequest(personKey) {
      const { id: userId } = professional(personKey).profile
      return signedRequest({ userId, issuedAt: clock.now() }, app.clientSecret)
    },
    changePassword(personKey) {
      takeBack(personKey, 'password_changed')
    },
    takePermission(personKey) {
      takeBack(personKey, 'permission_lost')
    },
    dashboardToken(personKey, ageMs) {
      return credentials.issueDashboardToken(professional(personKey), ageMs)
    },
    throttle(calls, minutes = 15) {
      quota.throttle(calls, minutes)
    },
    usage(percent) {
      quota.report(percent)
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

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
}
