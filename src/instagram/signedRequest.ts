import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { parseExactly } from './exactJson.ts'
import { id } from './wire.ts'

/** What Meta says of a person in a `signed_request`. */
export interface SignedRequest {
  /** The app-scoped id. */
  userId: string
  /** When it was signed, to the second; `null`: it does not say. */
  issuedAt: Date | null
}

/** Why a `signed_request` is not believed. */
export type SignedRequestFault =
  /** Not two parts of base64url with a dot between them. */
  | 'malformed'
  /** Signed with none of the secrets, or changed since. */
  | 'wrong_signature'
  /** Rightly signed, and not a JSON object. */
  | 'unreadable_payload'
  /** Rightly signed, and says that it is signed otherwise. */
  | 'other_algorithm'
  /** Rightly signed, and names nobody. */
  | 'no_user'

/** A `signed_request` that is not believed. Holds nothing of it. */
export class SignedRequestError extends Error {
  override readonly name = 'SignedRequestError'
  /** Why not. */
  readonly fault: SignedRequestFault

  constructor(fault: SignedRequestFault) {
    super(SENTENCES[fault])
    this.fault = fault
  }
}

const SENTENCES = {
  malformed: 'The signed_request is missing, or is not two parts of base64url with a dot between them.',
  wrong_signature:
    'The signed_request is signed neither with the Instagram app’s secret (INSTAGRAM_CLIENT_SECRET) nor with the Meta app’s (META_APP_SECRET), or was changed on the way.',
  unreadable_payload: 'The signed_request is rightly signed, but its payload is not a JSON object.',
  other_algorithm: 'The signed_request is rightly signed, but names another algorithm than HMAC-SHA256.',
  no_user: 'The signed_request is rightly signed, but has no user_id.',
} satisfies Record<SignedRequestFault, string>

const payload = z.looseObject({})
const algorithm = z.looseObject({ algorithm: z.string().regex(/^HMAC-SHA256$/i) })
const claims = z.looseObject({
  user_id: id,
  issued_at: z.int().positive().max(253_402_300_799).nullable().catch(null),
})

/**
 * Reads a `signed_request`: `signature.payload`, both base64url with or without padding, the signature being HMAC-SHA256 over the
 * payload as it is encoded. Nothing of the payload is looked at before its signature is known to be right.
 *
 * @param text The field `signed_request` of the form that Meta sends.
 * @param secrets The app's secret, or several of which any may have signed it. Meta's pages leave open whether that is the Instagram
 *   app's or the Meta app's.
 * @throws {SignedRequestError} for whatever is not what Meta signed
 * @throws {TypeError} for a secret that is empty
 * @see https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
 */
export function verifySignedRequest(text: string, secrets: string | readonly string[]): SignedRequest {
  const keys = [secrets].flat()
  // With it anybody could sign.
  if (keys.includes('')) throw new TypeError('The secret of a signed_request is empty.')
  const [, signature = '', encoded = ''] = /^([\w-]+={0,2})\.([\w-]+={0,2})$/.exec(text) ?? []
  const signed = bytesOf(signature)
  if (!signed || !bytesOf(encoded)) throw new SignedRequestError('malformed')
  // All are compared, so that the place of a secret does not show.
  if (!keys.map((secret) => isSignature(signed, encoded, secret)).includes(true))
    throw new SignedRequestError('wrong_signature')

  const said = payload.safeParse(parsed(encoded)).data
  if (!said) throw new SignedRequestError('unreadable_payload')
  if (!algorithm.safeParse(said).success) throw new SignedRequestError('other_algorithm')
  const { data } = claims.safeParse({ issued_at: null, ...said })
  if (!data) throw new SignedRequestError('no_user')
  return { userId: data.user_id, issuedAt: data.issued_at === null ? null : new Date(data.issued_at * 1000) }
}

/** Node decodes anything; only what is written back the same is base64url, so that there is one spelling of each signature. */
function bytesOf(base64url: string): Buffer | undefined {
  const bytes = Buffer.from(base64url, 'base64url')
  const isIt = base64url !== '' && bytes.toString('base64url') === base64url.replace(/=+$/, '')
  return isIt ? bytes : undefined
}

function isSignature(signed: Buffer, encoded: string, secret: string): boolean {
  const expected = createHmac('sha256', secret).update(encoded).digest()
  return signed.length === expected.length && timingSafeEqual(signed, expected)
}

function parsed(encoded: string): unknown {
  try {
    return parseExactly(Buffer.from(encoded, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
