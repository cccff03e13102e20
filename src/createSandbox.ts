import { type InstagramSettings, SANDBOX_APP } from './config.ts'
import type { Dialect } from './sandbox/exchange.ts'
import type { Notice, NoticeAnswer } from './sandbox/metaCallbacks.ts'
import type { Sandbox } from './sandbox/server.ts'

/** Options of {@link createSandbox}. */
export interface CreateSandboxOptions {
  /**
   * The registered redirect URIs: one or several, as in Meta's dashboard. The app's options have the first.
   * Default: `http://localhost:3000/instagram/response`.
   */
  redirectUri?: string | readonly [string, ...string[]] | undefined
  /**
   * The form of the response to a code exchange, to test forms other than Instagram's current one. Default:
   * `{ envelope: 'flat', permissions: 'array', userId: 'number', generation: 'current' }`.
   */
  dialect?: Partial<Dialect> | undefined
  /** The sandbox's own port, on 127.0.0.1. Default: any free one. */
  port?: number | undefined
  /** Called when a person removes the app. Default: the (first) redirect URI with `deauthorize` as its last segment. */
  deauthorizeUrl?: string | undefined
  /** Called when a person requests data deletion. Default: the same with `data-deletion`. */
  dataDeletionUrl?: string | undefined
  /** The app's certificate (PEM), to trust in these calls. */
  certificate?: string | undefined
  /** The clock that the sandbox's clock is based on. Default: the system's. */
  now?: (() => Date) | undefined
}

/** Options of an app that uses the sandbox as Instagram. They are rejected in production. */
export interface SandboxedOptions extends Omit<InstagramSettings, 'scopes' | 'graphVersion'> {
  /** In memory, so that test accounts stay out of a real database. */
  databaseUrl: string
  /** Makes every page show that it is a sandbox. */
  sandbox: true
  /** The sandbox's clock, which can be moved. */
  now: () => Date
}

type Inner =
  'authorizeUrl' | 'tokenUrl' | 'graphUrl' | 'setDialect' | 'answerNext' | 'takePermission' | 'usage' | 'calls'

/** A strict local simulation of Instagram, with pages for a browser. Its users are `business`, `creator`, and any number of guests. */
export interface InstagramSandbox extends Omit<Sandbox, Inner | 'tell'>, AsyncDisposable {
  /** Options for your app: `createInstagram({ ...sandbox.options })`. */
  options: SandboxedOptions
  /** Calls the app about a person, as Meta does: a POST with a `signed_request`. Returns the app's response, and what is wrong with it. */
  tell(notice: Notice, user: string): Promise<NoticeAnswer>
}

/**
 * Starts a strict simulation of Instagram for development and tests. It refuses what Instagram refuses, with the same messages, and can
 * simulate errors. It listens on this machine only.
 *
 * @throws the error of the listener, such as `EADDRINUSE`
 */
export async function createSandbox(options: CreateSandboxOptions = {}): Promise<InstagramSandbox> {
  const { port = 0, dialect, certificate, now } = options
  const redirectUris = [options.redirectUri ?? 'http://localhost:3000/instagram/response'].flat()
  const [redirectUri = ''] = redirectUris
  const beside = (path: string) => new URL(path, redirectUri.replace(/\/$/, '')).href
  const { startSandbox } = await import('./sandbox/server.ts')
  const sandbox = await startSandbox({
    port,
    app: {
      ...SANDBOX_APP,
      redirectUris,
      deauthorizeUrl: options.deauthorizeUrl ?? beside('deauthorize'),
      dataDeletionUrl: options.dataDeletionUrl ?? beside('data-deletion'),
      ...(certificate && { certificate }),
    },
    ...(dialect && { dialect }),
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
      if (!answer) throw new TypeError('The sandbox has no callback address of the app.')
      return answer
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}
