import { createHmac } from 'node:crypto'

/** What Meta tells an app of a person. */
export interface SignedClaims {
  /** The app-scoped id. */
  userId: string
  issuedAt: Date
  /** How the id is spelled: text as Meta documents it, or a bare number as it was seen too. Default `string`. */
  userIdAs?: 'string' | 'number'
}

/**
 * A `signed_request` as Meta makes it: base64url without padding, the signature over the encoded payload.
 * Text and not an object, because the bare id is a number that JavaScript cannot hold.
 */
export function signedRequest(
  { userId, issuedAt, userIdAs = 'string' }: SignedClaims,
  secret: string,
): string {
  const id = userIdAs === 'number' ? userId : JSON.stringify(userId)
  const seconds = Math.floor(issuedAt.getTime() / 1000)
  const payload = Buffer.from(`{"user_id":${id},"algorithm":"HMAC-SHA256","issued_at":${seconds}}`)
  const encoded = payload.toString('base64url')
  return `${createHmac('sha256', secret).update(encoded).digest('base64url')}.${encoded}`
}
