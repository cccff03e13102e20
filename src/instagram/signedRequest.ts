import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../errors/errors.ts'
import { idSchema, parseExactJson } from './exactJson.ts'

/** The person in a `signed_request`. */
export interface SignedRequest {
  /** The app-scoped id. */
  userId: string
  /** When it was signed, in whole seconds; `null`: not given. */
  issuedAt: Date | null
}

/** Why a `signed_request` is rejected. */
export type SignedRequestFault = keyof typeof MESSAGES

const MESSAGES = {
  malformed: 'The signed_request is missing, or is not two base64url parts separated by a dot.',
  wrong_signature:
    'The signature matches neither the Instagram app secret nor the Meta app secret, or the signed_request was changed.',
  unreadable_payload: 'The signed_request has a valid signature, but its payload is not a JSON object.',
  other_algorithm: 'The signed_request has a valid signature, but its algorithm is not HMAC-SHA256.',
  no_user: 'The signed_request has a valid signature, but no user_id.',
} as const

const payloadSchema = z.looseObject({})
const algorithmSchema = z.string().regex(/^HMAC-SHA256$/i)
const secondsSchema = z.int().positive().max(253_402_300_799)

/**
 * Verifies a `signed_request`: `signature.payload`, both base64url with or without padding; the signature is HMAC-SHA256 over the encoded
 * payload. The payload is parsed only after its signature is verified.
 *
 * @param text The field `signed_request` of the form that Meta sends.
 * @param secrets The app secret, or several of which any may have signed it: Meta’s pages leave open whether it is the Instagram app’s or
 *   the Meta app’s.
 * @throws {AppError} `bad_request` with the fault as `details.reason`; it contains no part of the request
 * @throws {TypeError} for an empty secret
 * @see https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
 */
export function verifySignedRequest(text: string, secrets: string | readonly string[]): SignedRequest {
  const keys = [secrets].flat()
  // Anybody could sign with it.
  if (keys.includes('')) throw new TypeError('The secret of a signed_request is empty.')
  const [, signature = '', payload = ''] = /^([\w-]+={0,2})\.([\w-]+={0,2})$/.exec(text) ?? []
  const signed = decodeStrictly(signature)
  if (!signed || !decodeStrictly(payload)) throw fault('malformed')
  // Compared with every secret, so that the time does not tell which one matched.
  if (!keys.map((secret) => isSignature(signed, payload, secret)).includes(true)) throw fault('wrong_signature')

  const json = payloadSchema.safeParse(parsePayload(payload)).data
  if (!json) throw fault('unreadable_payload')
  if (!algorithmSchema.safeParse(json['algorithm']).success) throw fault('other_algorithm')
  const userId = idSchema.safeParse(json['user_id']).data
  if (userId === undefined) throw fault('no_user')
  const issuedAt = secondsSchema.safeParse(json['issued_at']).data
  return { userId, issuedAt: issuedAt === undefined ? null : new Date(issuedAt * 1000) }
}

function fault(reason: SignedRequestFault): AppError {
  return new AppError('bad_request', { message: MESSAGES[reason], reason })
}

/** Node decodes anything; only text that encodes to itself is base64url, so that each signature has one spelling. */
function decodeStrictly(base64url: string): Buffer | undefined {
  const bytes = Buffer.from(base64url, 'base64url')
  const isStrict = base64url !== '' && bytes.toString('base64url') === base64url.replace(/=+$/, '')
  return isStrict ? bytes : undefined
}

function isSignature(signed: Buffer, payload: string, secret: string): boolean {
  const expected = createHmac('sha256', secret).update(payload).digest()
  return signed.length === expected.length && timingSafeEqual(signed, expected)
}

function parsePayload(payload: string): unknown {
  try {
    return parseExactJson(Buffer.from(payload, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
