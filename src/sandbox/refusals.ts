import { randomBytes } from 'node:crypto'
import type { ErrorRequestHandler } from 'express'

/** Refused on Instagram's own page, before the callback: the person stays there. */
export class PageRefusal extends Error {}

/** Refused by the code exchange, in the error shape of `api.instagram.com`. */
export class ExchangeRefusal extends Error {}

/** Refused by the Graph API, in the error shape of `graph.instagram.com`. */
export class GraphRefusal extends Error {
  readonly code: number
  readonly type: 'OAuthException' | 'IGApiException'

  constructor(message: string, code: number, type: GraphRefusal['type'] = 'OAuthException') {
    super(message)
    this.code = code
    this.type = type
  }
}

/** Where {@link PageRefusal}s are shown. */
export const ERROR_PAGE = '/oauth/authorize/third_party/error/'

/** Turns each refusal into the answer that Instagram gives; any other error goes on to Express. */
export const answerRefusal: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (error instanceof PageRefusal) {
    res.redirect(302, `${ERROR_PAGE}?${new URLSearchParams({ message: error.message }).toString()}`)
  } else if (error instanceof ExchangeRefusal) {
    res.status(400).json({ error_type: 'OAuthException', code: 400, error_message: error.message })
  } else if (error instanceof GraphRefusal) {
    const { message, type, code } = error
    const fbtrace_id = `A${randomBytes(17).toString('base64url').slice(0, 22)}`
    res.status(400).json({ error: { message, type, code, fbtrace_id } })
  } else {
    next(error)
  }
}
