import type { RequestHandler } from 'express'
import { type LateAccess, lateAccess } from './lateAccess.ts'
import { createMountedSite } from './mountedSite.ts'
import { openMounted } from './openMounted.ts'
import type { AccessOptions, WebOptions } from './options.ts'
import { readOptions } from './readOptions.ts'
import { retried } from './retried.ts'
import type { Hooks } from '../web/hooks.ts'
import { callbackMistakes } from '../web/ownPaths.ts'

/** How to mount Instagram in an app: what it works with, what its pages show, and what the app decides itself. */
export interface InstagramOptions extends AccessOptions, WebOptions, Hooks {}

/**
 * Pages for logins with Instagram, to be mounted in an Express app, and the accounts that they connected. Its functions may be called at
 * once; they wait until all is open, and reject with what stands in the way.
 */
export interface InstagramRouter extends RequestHandler, LateAccess, AsyncDisposable {
  /**
   * Waits until the secrets and the database are open: for an app that does not want to listen before. After a failure it is tried again
   * ten seconds later, as soon as somebody asks.
   *
   * @throws Error in a sentence for the operator: the database, or the file of a secret, cannot be had
   */
  ready(): Promise<void>
  /**
   * Waits for requests and for all else that is under way, then ends everything, so that the process can. What comes later is refused.
   * Again does nothing.
   */
  close(): Promise<void>
}

/** Milliseconds after which it is tried again to open what could not be opened. */
const PAUSE_MS = 10_000

/**
 * Logins with Instagram for an Express 5 app: pages, accounts whose tokens are kept alive, and what Meta calls.
 *
 * ```ts
 * import { instagram } from 'instagram-access-token'
 *
 * app.use('/instagram', instagram({ clientId, clientSecret, redirectUri: 'https://example.com/instagram/response' }))
 * ```
 *
 * Mount it where the redirect URI leads but for its last part. What is asked for there and is not ours goes on to your app. It opens
 * secrets and the database in the background, and requests wait for that; where it fails, a page says so (503), the log says why, and it
 * is tried again. Any number can be mounted, with different settings and databases, and never meet.
 *
 * @throws {ConfigError} for mistakes in options, all at once
 */
export function instagram(options: InstagramOptions): InstagramRouter {
  const read = readOptions(options, undefined, ({ redirectUri }) => callbackMistakes(redirectUri))
  let closing: Promise<void> | undefined

  const opening = retried(() => openMounted(read), {
    pauseMs: PAUSE_MS,
    now: read.now,
    onError: (error) => {
      read.log.error({ err: error }, 'Instagram cannot be opened, and is tried again with a later request')
    },
  })
  // What has been closed is not opened again.
  const opened = () => (closing ? opening.last() : opening.get())
  const site = createMountedSite(read, async () => (await opened()).site)

  async function close(): Promise<void> {
    const [open] = await Promise.all([opening.last().catch(() => undefined), site.close()])
    await open?.access.close()
  }

  const members = {
    ...lateAccess(async () => (await opened()).access),
    ready: async () => {
      await opened()
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => members.close(),
  }
  // A function of its own: it is given members.
  const router: RequestHandler = (...request) => site.handler(...request)
  return Object.assign(router, members)
}
