import { parse } from 'node:querystring'
import { type RequestHandler, Router, urlencoded } from 'express'

/** Reads a form. `limit`: its most bytes, such as `16kb`. */
export function readForm(limit: string): RequestHandler {
  return Router().use(urlencoded({ extended: false, limit }), readLeft(parse))
}

/**
 * Behind a parser of bodies: reads what a parser of the app around us has left as text or bytes, which is all that there is then. Objects
 * stay as they are.
 *
 * @param parse Makes what we read of a text. What it throws must not hold the text.
 * @throws Error where the body was read before us, and nothing of it was left
 */
export function readLeft(parse: (text: string) => unknown): RequestHandler {
  return (request, _response, next) => {
    const body: unknown = request.body
    if (typeof body === 'string' || Buffer.isBuffer(body)) request.body = parse(String(body))
    else if (body === undefined && request.readableDidRead)
      throw new Error(
        'The body of this request had been read before it came to us, and request.body holds nothing of it: whatever reads it in front of us has to leave it there, or to leave our paths out.',
      )
    next()
  }
}
