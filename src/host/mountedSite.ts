import type { Request, RequestHandler, Response } from 'express'
import { Refusal } from '../login/failures.ts'
import type { ReadOptions } from './readOptions.ts'
import { addressOf } from '../web/address.ts'
import { ownPaths } from '../web/ownPaths.ts'
import { atBase, isBehindProxy, isElsewhere } from '../web/place.ts'
import { createClosedSite } from '../web/site.ts'

/** What answers requests in the app that we are mounted in, whether or not all is open. */
export interface MountedSite {
  handler: RequestHandler
  /** From now on every page says that it is closed. Settles when all that came before is answered. */
  close(): Promise<void>
}

/**
 * Leads what is ours to the site, once that is open, and tells what stands in the way.
 *
 * @param open The site; rejects where it cannot be opened now.
 */
export function createMountedSite(options: ReadOptions, open: () => Promise<RequestHandler>): MountedSite {
  const { settings, log, hooks } = options
  const { production } = settings
  const address = addressOf(settings.instagram.redirectUri)
  const sandbox = settings.sandbox ? settings.instagram.graphUrl : null
  const answering = new Set<Response>()
  let closing = false
  let onAllAnswered: () => void = () => undefined
  let failure: unknown
  let toldOfPlace = false

  const frame = { address, production, sandbox, log, hooks }
  const notOpen = () => new Refusal('not_open', { detail: closing ? 'it was closed' : String(failure) })
  const closedSite = createClosedSite(frame, notOpen)

  async function site(request: Request, response: Response, next: () => void): Promise<void> {
    if (isElsewhere(address, request) && tellOfPlace(request)) {
      const here = { ...address, base: request.baseUrl }
      const misplaced = () => new Refusal('mounted_elsewhere')
      createClosedSite({ ...frame, address: here, hooks: {} }, misplaced)(request, response, next)
      return
    }
    const answer = closing ? closedSite : await openSite(response)
    answer(request, response, next)
  }

  function openSite(response: Response): Promise<RequestHandler> {
    // Whoever has gone by now waits for nothing.
    if (!response.closed) answering.add(response)
    response.once('close', () => {
      answering.delete(response)
      if (answering.size === 0) onAllAnswered()
    })
    return open().catch((error: unknown) => {
      failure = error
      return closedSite
    })
  }

  /** Tells the log once that nothing leads here from the redirect URI; and whether that is to be told on the page too. */
  function tellOfPlace(request: Request): boolean {
    const { baseUrl } = request
    const { redirectUri } = settings.instagram
    if (!toldOfPlace)
      log.error(
        { mountedAt: baseUrl, redirectUri },
        `redirectUri leads elsewhere than to ${baseUrl}/…, where the router is mounted: people would not come back here, unless a proxy in front writes paths anew`,
      )
    toldOfPlace = true
    return !production && !isBehindProxy(request)
  }

  const own = ownPaths((...request) => void site(...request), {
    callback: address.callback,
    api: settings.apiKeys.length > 0,
    operator: settings.adminPassword !== undefined,
    takesTokens: settings.takesTokens,
  })
  return {
    handler: atBase(own, address),
    async close() {
      closing = true
      if (answering.size > 0) await new Promise<void>((resolve) => (onAllAnswered = resolve))
    },
  }
}
