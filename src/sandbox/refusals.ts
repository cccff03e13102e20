import { randomBytes } from 'node:crypto'
import type { ErrorRequestHandler } from 'express'

/** Refused on Instagram's own page, before the callback: the person stays there. */
export class PageRefusal extends Error {}

/** Refused by the code exchange, in the error shape of `api.instagram.com`. */
export class ExchangeRefusal extends Error {}

/** Refused by the Graph API, in the error shape of `graph.instagram.com`. */
export class GraphRefusal extends Error {
  readonly code: number
  readonly details: GraphRefusalDetails

  constructor(message: string, code: number, details: GraphRefusalDetails = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

/** What few refusals of the Graph API have. */
interface GraphRefusalDetails {
  /** Default `OAuthException`. */
  type?: 'OAuthException' | 'IGApiException'
  /** Mostly left out, as Instagram does. */
  subcode?: number
  isTransient?: boolean
  /** HTTP status, default 400. */
  status?: number
}

/** What Instagram's page says to a personal account. The exact words are not confirmed; these are ours. */
export const NOT_PROFESSIONAL = 'Only professional accounts (business or creator) can authorize this app'

/** Where {@link PageRefusal}s are shown. */
export const ERROR_PAGE = '/oauth/authorize/third_party/error/'

/** Turns each refusal into the answer that Instagram gives; any other error goes on to Express. */
export const answerRefusal: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (error instanceof PageRefusal) {
    res.redirect(302, `${ERROR_PAGE}?${new URLSearchParams({ message: error.message }).toString()}`)
  } else if (error instanceof ExchangeRefusal) {
    res.status(400).json({ error_type: 'OAuthException', code: 400, error_message: error.message })
  } else if (error instanceof GraphRefusal) {
    const { message, code } = error
    const { type = 'OAuthException', subcode, isTransient, status = 400 } = error.details
    const fbtrace_id = `A${randomBytes(17).toString('base64url').slice(0, 22)}`
    // What is undefined is left out.
    const body = { message, type, is_transient: isTransient, code, error_subcode: subcode, fbtrace_id }
    res.status(status).json({ error: body })
  } else {
    next(error)
  }
}
