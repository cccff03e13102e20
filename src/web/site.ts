import { join } from 'node:path'
import express, { type Request, type RequestHandler, Router } from 'express'
import type { Logger } from 'pino'
import { Refusal } from '../login/failures.ts'
import type { Address } from './address.ts'
import { answerProblem } from './api/problem.ts'
import { errorPage, lastResort } from './errorPage.ts'
import type { FinishedRequest } from './finishedRequest.ts'
import { health } from './health.ts'
import type { Hooks } from './hooks.ts'
import { oneLoopbackName } from './loopback.ts'
import { requestLog } from './requestLog.ts'
import { noStore, sameOrigin, securityHeaders, securityHeadersInHost } from './security.ts'
import { views, VIEWS } from './views.ts'

/** What every page of ours has around it. */
export interface FrameOptions {
  address: Address
  production: boolean
  /** Where the stand-in for Instagram is, if there is one. */
  sandbox: string | null
  log: Logger
  /** What the app around us decides. Default: there is none. */
  hooks?: Hooks | undefined
}

/** What holds for every page, whatever it shows. */
export interface SiteOptions extends FrameOptions {
  /** Whether whoever asks runs this site. */
  isOperator: (request: Request) => boolean
  /** Told of every request. */
  onRequest: (request: FinishedRequest) => void
  /** For whatever watches the process. */
  health: RequestHandler
  metrics: RequestHandler
  /** For programs: no session, no origin to check. */
  api: RequestHandler
  /** What Meta calls, and the pages to it: the same. */
  meta: RequestHandler
  /** Behind the sessions. */
  pages: readonly RequestHandler[]
}

/**
 * Everything of ours, with what holds for all of it: log, headers, assets, who may POST, and what happens to errors. It answers every
 * request that reaches it, in any app, and hands nothing on.
 */
export function createSite(options: SiteOptions): Router {
  const { address, metrics, api, meta, pages } = options
  return framed(options, (site) => {
    site.use(options.health)
    site.use('/metrics', metrics)
    site.use('/api', api)
    site.use(meta)
    site.get(['/', '/login'], oneLoopbackName(address))
    site.post(/.*/, sameOrigin(address.origin))
    site.use(...pages)
    site.use(() => {
      throw new Refusal('not_found')
    })
  })
}

/**
 * What answers in its place while there is none: every page says why.
 *
 * @param refusal Why there is none.
 */
export function createClosedSite(options: FrameOptions, refusal: () => Refusal): Router {
  return framed({ ...options, isOperator: () => false }, (site) => {
    site.use(health({ database: { all: () => Promise.reject(refusal()) }, log: options.log }))
    site.use(() => {
      throw refusal()
    })
    site.use('/api', answerProblem)
  })
}

/** Rooms with what every page of ours has around it: log, headers, assets, and what happens to errors. */
function framed(
  {
    address,
    production,
    sandbox,
    log,
    hooks,
    isOperator,
    onRequest,
  }: FrameOptions & Pick<SiteOptions, 'isOperator'> & Partial<Pick<SiteOptions, 'onRequest'>>,
  furnish: (site: Router) => void,
): Router {
  const site = Router()
  site.use(views({ base: address.base, sandbox, mounted: hooks !== undefined }, hooks?.render))
  site.use(requestLog(log, onRequest))
  site.use(hooks ? securityHeadersInHost : securityHeaders)
  site.use('/assets', express.static(join(VIEWS, 'assets'), { index: false }))
  site.use(noStore)
  furnish(site)
  // Until operators sign in, they are whoever is there outside production.
  const isForOperator = (request: Request) => !production || isOperator(request)
  site.use(errorPage({ isForOperator, onFailure: hooks?.onFailure }))
  site.use(lastResort)
  return site
}
