import { join } from 'node:path'
import ejs from 'ejs'
import type { NextFunction, Response } from 'express'
import type { Page, ViewName, Views } from './hooks.ts'
import { requestContext } from './request.ts'
import { setSecurityHeaders } from './security.ts'

/** The folder of the views and their assets. */
export const VIEWS = join(import.meta.dirname, '../../views')

/** Sends a page. A host's `render` hook may send another one in its place; then this never settles. */
export async function renderView<View extends ViewName>(
  response: Response,
  view: View,
  ownLocals: Views[View],
): Promise<void> {
  const { req: request } = response
  const { site, log } = requestContext(request)
  const locals = { ...site.locals, ...ownLocals }
  const { render } = site.hooks
  if (render)
    try {
      await runHook((next) => render({ view, locals } as unknown as Page, request, response, next))
    } catch (error) {
      log.error({ err: error }, 'render failed')
      if (response.headersSent) return abort(response)
    }
  const html = await ejs.renderFile(join(VIEWS, `${view}.ejs`), locals, { cache: true, compileDebug: false })
  setSecurityHeaders(request, response)
  // Not by `response.send`, which follows the host's settings.
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(html))
  response.end(html)
}

/** Redirects (303) to one of our pages, or elsewhere. `target`: a path under the base path, or an absolute URL. */
export function redirectTo(response: Response, target: string): void {
  const { req: request } = response
  setSecurityHeaders(request, response)
  response.redirect(303, target.startsWith('/') ? requestContext(request).site.locals.base + target : target)
}

/**
 * Calls a hook like Express middleware. Settles when it calls `next()`; never if it sends the response.
 *
 * @throws what the hook throws, rejects with, or passes to `next`
 */
export function runHook(hook: (next: NextFunction) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    Promise.try(hook, (error?: unknown) => {
      if (error) reject(asError(error))
      else resolve()
    }).catch((error: unknown) => {
      reject(asError(error))
    })
  })
}

/** The error itself, or one whose cause is the thrown value. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('thrown without an error', { cause: thrown })
}

/** Breaks off a response that has begun and cannot be completed. */
export function abort(response: Response): void {
  if (!response.writableEnded) response.destroy()
}
