import { type InstagramSettings, SANDBOX_APP } from './config.ts'
import type { Dialect } from './sandbox/exchange.ts'
import type { Notice, NoticeAnswer } from './sandbox/metaCallbacks.ts'
import type { Sandbox } from './sandbox/server.ts'

/** Options of {@link createSandbox}. */
export interface CreateSandboxOptions {
  /**
   * Where the browser may be sent back: one address or several, as registered in Meta's dashboard. The options of the app have the first.
   * Default: `http://localhost:3000/instagram/response`.
   */
  redirectUri?: string | readonly [string, ...string[]] | undefined
  /**
   * How the response to a code exchange is written, to try other forms than the one that Instagram really sends. Default:
   * `{ envelope: 'flat', permissions: 'array', userId: 'number', generation: 'current' }`.
   */
  dialect?: Partial<Dialect> | undefined
  /** The sandbox's own port, on 127.0.0.1. Default: any free one. */
  port?: number | undefined
  /** What Meta calls when a person removes the app. Default: `deauthorize` in place of the last segment of the (first) redirect URI. */
  deauthorizeUrl?: string | undefined
  /** What Meta calls when a person wants their data deleted. Default: `data-deletion` in place of the same segment. */
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

type Inner =
  'authorizeUrl' | 'tokenUrl' | 'graphUrl' | 'setDialect' | 'answerNext' | 'takePermission' | 'usage' | 'calls'

/** A strict stand-in for Instagram on this machine, with pages for a browser. Users are `business`, `creator`, and any number of guests. */
export interface InstagramSandbox extends Omit<Sandbox, Inner | 'tell'>, AsyncDisposable {
  /** To spread into the options of an app: `createInstagram({ ...sandbox.options })`. */
  options: SandboxedOptions
  /** Meta calls the app about a person, by a POST with a `signed_request`. Returns the app's response, and what is wrong with it. */
  tell(notice: Notice, user: string): Promise<NoticeAnswer>
}

/**
 * Starts a strict stand-in for Instagram, for development and tests: it refuses what Instagram refuses, in its words, and can be made to
 * fail. It listens on this machine only.
 *
 * @throws what listening reports, such as `EADDRINUSE`
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
      if (!answer) throw new TypeError('The sandbox has no address to call.')
      return answer
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}
