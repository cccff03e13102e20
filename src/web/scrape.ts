import { Router } from 'express'
import { requireKey } from './api/keys.ts'
import { answerProblem, Problem } from './api/problem.ts'

/** What is scraped, and by whom. */
export interface ScrapeOptions {
  /** Those of the API; none: there are no metrics. */
  keys: readonly string[]
  contentType: string
  text: () => Promise<string>
}

/** The metrics, for Prometheus; to be mounted at their path. Answers every request that reaches it. */
export function scrape({ keys, contentType, text }: ScrapeOptions): Router {
  const router = Router()
  if (keys.length > 0) {
    router.use(requireKey(keys))
    router
      .route('/')
      .get(async (_request, response) => {
        response.set('Content-Type', contentType).send(await text())
      })
      .all(() => {
        throw new Problem('method_not_allowed', { headers: { Allow: 'GET, HEAD' } })
      })
  }
  router.use(() => {
    const detail = 'This site has no metrics: its setting API_KEYS is empty.'
    throw new Problem('not_found', keys.length > 0 ? {} : { detail })
  })
  router.use(answerProblem)
  return router
}
