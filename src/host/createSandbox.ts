import type { Decision } from '../sandbox/decide.ts'
import type { MishapName } from '../sandbox/mishaps/mishap.ts'
import type { Which } from '../sandbox/mishaps/mishaps.ts'
import type { Notice, NoticeAnswer } from '../sandbox/notice.ts'
import type { Inhabitant, InhabitantKey } from '../sandbox/people.ts'
import { SANDBOX_APP } from '../settings/sandboxApp.ts'

/** How a sandbox is to be. */
export interface CreateSandboxOptions {
  /** Where the browser is sent back. Default: `http://localhost:3000/instagram/response`. */
  redirectUri?: string | undefined
  /** The sandbox's own port, on 127.0.0.1. Default: any that is free. */
  port?: number | undefined
  /** What Meta calls when a person removes the app. Default: `deauthorize` beside the redirect URI's last part. */
  deauthorizeUrl?: string | undefined
  /** What Meta calls when a person wants their data deleted. Default: `data-deletion` beside the redirect URI's last part. */
  dataDeletionUrl?: string | undefined
  /** The clock that the sandbox's is ahead of. Default: the system's. */
  now?: (() => Date) | undefined
}

/** By these an app takes the sandbox for Instagram. They are refused in production. */
export interface SandboxedOptions {
  /** Of the app that the sandbox knows. */
  clientId: string
  /** Of the app that the sandbox knows. */
  clientSecret: string
  /** Where the browser is sent back, as it was given. */
  redirectUri: string
  /** The sandbox's page on which people authorize. */
  authorizeUrl: string
  /** Where the sandbox exchanges codes. */
  tokenUrl: string
  /** Where the rest of the sandbox's API is. */
  graphUrl: string
  /** A database in memory: invented people stay out of the real one. */
  databaseUrl: string
  /** So that every page says what it is. */
  sandbox: true
  /** The sandbox's clock, which can be moved. */
  now: () => Date
}

/** A strict stand-in for Instagram on this machine: with a browser, one sees and uses its pages. */
export interface InstagramSandbox extends AsyncDisposable {
  /** Its first page, with its clock and its people: `http://127.0.0.1:<port>`. */
  origin: string
  /** To spread into the options of an app: `openInstagram({ ...sandbox.options })`. */
  options: SandboxedOptions
  /** Those who can connect. Beside them there are any number of guests, and some whom Instagram turns away. */
  people: Readonly<Record<InhabitantKey, Inhabitant>>
  /**
   * Decides on the authorize page as a person would, without a browser, and returns the address to which Instagram sends them back.
   *
   * @param url Where Get Started leads: the `url` of a login that has begun.
   * @throws Error with Instagram's words where its own page turns the person, or the app, away
   */
  authorize(url: string | URL, decision?: Decision): Promise<URL>
  /**
   * The next login or call that comes by the place where this happens goes wrong in this way, once; several queue up.
   *
   * @throws Error for a place or form that this does not have
   */
  fail(name: MishapName, which?: Which): void
  /** What its clock says. */
  now(): Date
  /** Moves its clock forward by milliseconds (less than zero: back). */
  pass(milliseconds: number): void
  /** A person removes the app on Instagram: their tokens are dead. Meta tells the app of it by {@link tell}. */
  revoke(person: InhabitantKey): void
  /** A person changes their password: their tokens are dead, and a new login gives good ones. */
  changePassword(person: InhabitantKey): void
  /** Meta tells the app of a person, by a POST with a `signed_request`. Returns what the app said, and what is wrong with that. */
  tell(notice: Notice, person: InhabitantKey): Promise<NoticeAnswer>
  /** The `signed_request` by which Meta would tell of a person now: for tests that POST it themselves, or use `verifySignedRequest`. */
  signedRequest(person: InhabitantKey): string
  /** A long-lived token, made without a login `ageMs` milliseconds ago (default 0), as Meta's dashboard generates them. */
  dashboardToken(person: InhabitantKey, ageMs?: number): string
  /** The next so many calls are refused as too many, and told to come again after `minutes` (default 15); 0 calls: none any more. */
  throttle(calls: number, minutes?: number): void
  /** Stops listening and ends open connections. */
  close(): Promise<void>
}

/**
 * Starts a strict stand-in for Instagram, for development and tests: it refuses what Instagram refuses, in its words, and can be told to
 * misbehave. It listens on this machine only.
 *
 * @throws what the listener reports, such as `EADDRINUSE`
 */
export async function createSandbox(options: CreateSandboxOptions = {}): Promise<InstagramSandbox> {
  const { redirectUri = 'http://localhost:3000/instagram/response', port = 0, now } = options
  const beside = (path: string) => new URL(path, redirectUri.replace(/\/$/, '')).href
  // Loaded only where it is wanted: production never reads its code.
  const { startSandbox } = await import('../sandbox/sandbox.ts')
  const sandbox = await startSandbox({
    port,
    app: {
      ...SANDBOX_APP,
      redirectUris: [redirectUri],
      deauthorizeUrl: options.deauthorizeUrl ?? beside('deauthorize'),
      dataDeletionUrl: options.dataDeletionUrl ?? beside('data-deletion'),
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
    async tell(notice, person) {
      const answer = await sandbox.tell(notice, person)
      if (!answer) throw new TypeError('The sandbox has no address to tell this at.')
      return answer
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}
