import { createHash, timingSafeEqual } from 'node:crypto'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { limited } from '../limits.ts'
import { Problem } from './problem.ts'

/**
 * Lets a request through that brings one of these keys as a bearer token (RFC 6750), in the header alone: addresses end up in
 * logs. How long it takes tells nothing of a key. Whoever brings many wrong ones is told to wait; the right ones are let through
 * all the same, or anybody behind the same proxy could lock programs out.
 *
 * @throws {Problem} `unauthorized`
 */
export function requireKey(keys: readonly string[]): (RequestHandler | ErrorRequestHandler)[] {
  return [checkKey(keys), countRefusals()]
}

function checkKey(keys: readonly string[]): RequestHandler {
  const digests = keys.map((key) => sha256(Buffer.from(key)))
  return (request, _response, next) => {
    const [, given] = /^Bearer +(.+)$/i.exec(request.get('Authorization') ?? '') ?? []
    if (given === undefined) throw unauthorized('Bearer')
    // Node hands over a header's bytes as Latin-1.
    const digest = sha256(Buffer.from(given, 'latin1'))
    // All are compared, so that the place of a key does not show.
    if (!digests.map((known) => timingSafeEqual(known, digest)).includes(true))
      throw unauthorized('Bearer error="invalid_token"', 'This is none of this site’s API keys.')
    next()
  }
}

function countRefusals(): ErrorRequestHandler {
  const count = limited('wrongKey')
  return (error: unknown, request, response, next) => {
    if (!(error instanceof Problem) || error.problem !== 'unauthorized') {
      next(error)
      return
    }
    void count(request, response, (tooMany?: unknown) => {
      next(tooMany ?? error)
    })
  }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function unauthorized(challenge: string, detail?: string): Problem {
  return new Problem('unauthorized', {
    headers: { 'WWW-Authenticate': challenge },
    ...(detail !== undefined && { detail }),
  })
}
