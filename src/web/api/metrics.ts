import { type RequestHandler, Router } from 'express'
import type { Context } from '../../context.ts'
import type { Address } from '../request.ts'
import { requireKey } from './keys.ts'
import { ApiError, methodNotAllowed, problemHandlers } from './problem.ts'

/** `GET /metrics` for Prometheus. Without API keys there are no metrics; only the standalone app says so. */
export function createMetricsRoutes(
  { config, metrics }: Context,
  address: Address,
  program: readonly RequestHandler[],
): Router {
  const router = Router()
  if (config.apiKeys.length > 0)
    router
      .route('/metrics')
      .all(...program, requireKey(config.apiKeys))
      .get(async (_request, response) => {
        response.set('Content-Type', metrics.contentType).send(await metrics.text())
      })
      .all(methodNotAllowed('GET, HEAD'))
  else if (config.listening)
    router.all('/metrics', ...program, () => {
      const detail = `This site has no metrics: its setting ${config.names.apiKeys} is empty.`
      throw new ApiError('not_found', { detail })
    })
  router.use('/metrics', problemHandlers(address, program))
  return router
}
