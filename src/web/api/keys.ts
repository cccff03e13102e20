import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
import { limitRequests } from '../rateLimits.ts'
import { ApiError } from './problem.ts'

/**
 * Lets requests pass that bring one of these keys as a bearer token, in the header only: URLs end up in logs. The comparison takes constant
 * time. Only requests with wrong keys are limited, so that a client behind a shared proxy cannot lock out the others.
 *
 * @throws {ApiError} `unauthorized`
 * @throws {AppError} `too_many_requests` after many wrong keys
 * @see https://www.rfc-editor.org/rfc/rfc6750
 */
export function requireKey(keys: readonly string[]): RequestHandler {
  const digests = keys.map((key) => sha256(Buffer.from(key)))
  const limit = limitRequests('wrongKey')
  return (request, response, next) => {
    const [, given] = /^Bearer +(.+)$/i.exec(request.get('Authorization') ?? '') ?? []
    // Node decodes header bytes as Latin-1.
    const digest = sha256(Buffer.from(given ?? '', 'latin1'))
    // Every key is compared, so that the time does not depend on which one matches.
    if (digests.map((known) => timingSafeEqual(known, digest)).includes(true)) {
      next()
      return
    }
    const error = given === undefined ? MISSING : WRONG
    void limit(request, response, (tooMany?: unknown) => {
      next(tooMany ?? new ApiError('unauthorized', error))
    })
  }
}

const MISSING = { headers: { 'WWW-Authenticate': 'Bearer' } }
const WRONG = {
  headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  detail: 'This is none of this site’s API keys.',
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
