import { existsSync } from 'node:fs'
import { join } from 'node:path'
import ejs from 'ejs'
import type { NextFunction, RequestHandler, Response } from 'express'
import type { Page, ViewName, Views } from './hooks.ts'
import { asError, requestContext } from './requestContext.ts'
import { setSecurityHeaders } from './security.ts'

/** The folder of the views, with their assets. */
const VIEWS = join(`${import.meta.dirname}/../../views`) // A bundler may leave no dirname.
if (!existsSync(join(VIEWS, 'auth_error.ejs')))
  throw new Error(
    `The views of instagram-access-token are not at ${VIEWS}. A bundler must leave this package out: in esbuild “external: ['instagram-access-token']”, in webpack “externals”.`,
  )

/** `root` is for includes. It spares a look at the disk for each. */
const RENDERING = { root: VIEWS, cache: true, compileDebug: false }

/** Sends a page. A host's `render` hook may send another one in its place; then this never settles. */
export async function renderView<View extends ViewName>(
  response: Response,
  view: View,
  ownLocals: Views[View],
): Promise<void> {
  const { req: request } = response
  const { site } = requestContext(request)
  const locals = { ...site.locals, isAdmin: site.isAdmin(request), ...ownLocals }
  const { render } = site.hooks
  const page = { view, locals } as unknown as Page
  if (render && (await runHook(response, 'render', (next) => render(page, request, response, next))) === 'sent') return
  const html = await ejs.renderFile(join(VIEWS, `${view}.ejs`), locals, RENDERING)
  setSecurityHeaders(response)
  // Not by `response.send`, which follows the host's settings.
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(html))
  response.end(html)
}

/** Redirects (303) to one of our pages, or elsewhere. `target`: a path under the base path, or an absolute URL. */
export function redirectTo(response: Response, target: string): void {
  setSecurityHeaders(response)
  response.redirect(303, target.startsWith('/') ? requestContext(response.req).site.locals.base + target : target)
}

/**
 * Calls a hook like Express middleware. Settles when the hook calls `next()` (`default`), or fails: the error is logged, and a response that
 * has begun is broken off (`sent`). Never settles if the hook sends the response.
 */
export async function runHook(
  response: Response,
  name: string,
  hook: (next: NextFunction) => unknown,
): Promise<'default' | 'failed' | 'sent'> {
  const { promise, resolve, reject } = Promise.withResolvers<'default'>()
  const next = (error?: unknown) => {
    if (error) reject(asError(error))
    else resolve('default')
  }
  Promise.try(hook, next).catch(reject)
  try {
    return await promise
  } catch (error) {
    requestContext(response.req).log.error({ err: asError(error) }, `${name} failed`)
    if (!response.headersSent) return 'failed'
    abort(response)
    return 'sent'
  }
}

/** Breaks off a response that has begun and cannot be completed. */
export function abort(response: Response): void {
  if (!response.writableEnded) response.destroy()
}

/** Files in the folder `assets` of the views. */
export const ASSETS = ['apple-touch-icon.png', 'icon.svg', 'page.js', 'style.css']

/** Sends one of the {@link ASSETS}. */
export function sendAsset(name: string): RequestHandler {
  return (_request, response) => {
    response.sendFile(name, { root: join(VIEWS, 'assets') })
  }
}
