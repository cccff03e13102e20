import { type InstagramSettings, SANDBOX_APP } from './config.ts'
import type { Decision } from './sandbox/decide.ts'
import type { FaultName } from './sandbox/faults/fault.ts'
import type { FaultSelector } from './sandbox/faults/faults.ts'
import type { Notice, NoticeAnswer } from './sandbox/metaCallbacks.ts'
import type { ProfessionalKey, TestUser } from './sandbox/testUsers.ts'

/** Options of {@link createSandbox}. */
export interface CreateSandboxOptions {
  /** Where the browser is sent back. Default: `http://localhost:3000/instagram/response`. */
  redirectUri?: string | undefined
  /** The sandbox's own port, on 127.0.0.1. Default: any free one. */
  port?: number | undefined
  /** What Meta calls when a person removes the app. Default: `deauthorize` in place of the redirect URI's last segment. */
  deauthorizeUrl?: string | undefined
  /** What Meta calls when a person wants their data deleted. Default: `data-deletion` in place of the redirect URI's last segment. */
  dataDeletionUrl?: string | undefined
  /** The app's own certificate (PEM), trusted in these calls. */
  certificate?: string | undefined
  /** The clock that the sandbox's starts from. Default: the system's. */
  now?: (() => Date) | undefined
}

/** Options with which an app takes the sandbox for Instagram. They are rejected in production. */
export interface SandboxedOptions extends Omit<InstagramSettings, 'scopes' | 'graphVersion'> {
  /** In memory: invented accounts stay out of a real database. */
  databaseUrl: string
  /** So that every page says that it is a sandbox. */
  sandbox: true
  /** The sandbox's clock, which can be moved. */
  now: () => Date
}

/** A strict stand-in for Instagram on this machine, with pages for a browser. */
export interface InstagramSandbox extends AsyncDisposable {
  /** Its first page, with its clock and its users: `http://127.0.0.1:<port>`. */
  origin: string
  /** To spread into the options of an app: `createInstagram({ ...sandbox.options })`. */
  options: SandboxedOptions
  /** Users who can log in. There are also any number of guests, and two users whom Instagram refuses. */
  testUsers: Readonly<Record<ProfessionalKey, TestUser>>
  /**
   * Decides on the authorize page as a person would, without a browser, and returns the address to which Instagram sends them back.
   *
   * @param url The `url` of a login that has begun: where Get Started leads.
   * @throws Error with Instagram's message if its own page refuses the person or the app
   */
  authorize(url: string | URL, decision?: Decision): Promise<URL>
  /**
   * The next login or call at the fault's place fails in this way, once; faults queue up.
   *
   * @throws Error for a place or variant that the fault does not have
   */
  fail(name: FaultName, selector?: FaultSelector): void
  /** The time of its clock. */
  now(): Date
  /** Moves its clock forward by milliseconds (negative: back). */
  pass(milliseconds: number): void
  /** A person removes the app on Instagram: their tokens are invalid. Meta calls the app about it by {@link tell}. */
  revoke(user: ProfessionalKey): void
  /** A person changes their password: their tokens are invalid, and a new login gives valid ones. */
  changePassword(user: ProfessionalKey): void
  /** Meta calls the app about a person, by a POST with a `signed_request`. Returns the app's response, and what is wrong with it. */
  tell(notice: Notice, user: ProfessionalKey): Promise<NoticeAnswer>
  /** The `signed_request` that Meta would send about a person now: for tests that POST it, or call `verifySignedRequest`. */
  signedRequest(user: ProfessionalKey): string
  /** A long-lived token, issued without a login `ageMs` milliseconds ago (default 0), as by Meta's dashboard. */
  dashboardToken(user: ProfessionalKey, ageMs?: number): string
  /** Throttles the next `calls` calls, with `minutes` (default 15) to wait; 0 calls ends it. */
  throttle(calls: number, minutes?: number): void
  /** Stops listening and closes open connections. */
  close(): Promise<void>
}

/**
 * Starts a strict stand-in for Instagram, for development and tests: it refuses what Instagram refuses, in its words, and can be made to
 * fail. It listens on this machine only.
 *
 * @throws what listening reports, such as `EADDRINUSE`
 */
export async function createSandbox(options: CreateSandboxOptions = {}): Promise<InstagramSandbox> {
  const { redirectUri = 'http://localhost:3000/instagram/response', port = 0, certificate, now } = options
  const beside = (path: string) => new URL(path, redirectUri.replace(/\/$/, '')).href
  const { startSandbox } = await import('./sandbox/server.ts')
  const sandbox = await startSandbox({
    port,
    app: {
      ...SANDBOX_APP,
      redirectUris: [redirectUri],
      deauthorizeUrl: options.deauthorizeUrl ?? beside('deauthorize'),
      dataDeletionUrl: options.dataDeletionUrl ?? beside('data-deletion'),
      ...(certificate && { certificate }),
    },
    ...(now && { now }),
  })
  const { authorizeUrl, tokenUrl, graphUrl } = sandbox
  return {
    ...sandbox,
    options: {
      ...SANDBOX_APP,
      redirectUri,
      authorizeUrl,
      tokenUrl,
      graphUrl,
      databaseUrl: 'file::memory:',
      sandbox: true,
      now: () => sandbox.now(),
    },
    async tell(notice, user) {
      const answer = await sandbox.tell(notice, user)
      if (!answer) throw new TypeError('The sandbox has no address to call.')
      return answer
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}
