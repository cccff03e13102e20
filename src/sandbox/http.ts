import { randomBytes } from 'node:crypto'
import type { ErrorRequestHandler, Request } from 'express'

/**
 * The query of a request, with repeated parameters and any names.
 * Express' own parser would turn `a[b]=c` into an object.
 */
export function queryOf(request: Request): URLSearchParams {
  return new URLSearchParams(request.originalUrl.split('?').slice(1).join('?'))
}

/** The bytes of the body; empty when there was none. Needs `express.raw`. */
export function bodyOf(request: Request): Buffer {
  const body: unknown = request.body
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

/** Fields of a form (urlencoded or multipart) in the order of the body; none if the body is not a form. */
export async function formFields(request: Request): Promise<[name: string, value: string][]> {
  const contentType = request.headers['content-type'] ?? ''
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(contentType)) return []
  const headers = { 'content-type': contentType }
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated for bodies of any size from strangers; here a caller on this machine sends at most 100 kB
    const form = await new Response(new Uint8Array(bodyOf(request)), { headers }).formData()
    return [...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))
  } catch {
    // A malformed multipart body has no fields.
    return []
  }
}

/** An error on Instagram's own page, before the callback: the person stays there. */
export class PageError extends Error {}

/** An error of the code exchange, in the shape of `api.instagram.com`. */
export class ExchangeError extends Error {}

/** An error of the Graph API, in the shape of `graph.instagram.com`. */
export class GraphError extends Error {
  readonly code: number
  readonly details: GraphErrorDetails

  constructor(message: string, code: number, details: GraphErrorDetails = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

interface GraphErrorDetails {
  /** Default `OAuthException`. */
  type?: 'OAuthException' | 'IGApiException'
  /** Default: left out, as Instagram mostly does. */
  subcode?: number
  isTransient?: boolean
  /** HTTP status, default 400. */
  status?: number
}

/** Where a {@link PageError} is shown. */
export const ERROR_PAGE = '/oauth/authorize/third_party/error/'

/** The message of `graph.facebook.com`; for `graph.instagram.com` it is not confirmed. */
export function unknownPath({ path }: Request): GraphError {
  return new GraphError(`Unknown path components: ${path}`, 2500)
}

/** Sends each of the errors above as Instagram does, and any other, such as of a body over the limit, as one of the Graph API. */
export const sendError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (error instanceof PageError) {
    response.redirect(302, `${ERROR_PAGE}?${new URLSearchParams({ message: error.message }).toString()}`)
  } else if (error instanceof ExchangeError) {
    response.status(400).json({ error_type: 'OAuthException', code: 400, error_message: error.message })
  } else if (response.headersSent) {
    next(error)
  } else {
    const { message, code, details } = error instanceof GraphError ? error : toGraphError(error)
    const { type = 'OAuthException', subcode, isTransient, status = 400 } = details
    const fbtrace_id = `A${randomBytes(17).toString('base64url').slice(0, 22)}`
    // JSON leaves out undefined fields.
    const body = { message, type, is_transient: isTransient, code, error_subcode: subcode, fbtrace_id }
    response.status(status).json({ error: body })
  }
}

/** An error of Express or a body parser. Instagram's words for these are not recorded. */
function toGraphError(error: unknown): GraphError {
  const { status = 500, message } = error as { status?: number; message: string }
  return new GraphError(message, 1, { status })
}
