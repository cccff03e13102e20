import { createHmac } from 'node:crypto'
import type { Claim } from './webhookQueue.ts'

/**
 * The bytes of a secret written as `whsec_` and base64, which are to be random.
 *
 * @throws Error if the text is anything else, or less than 24 or more than 64 bytes; the text is not repeated
 */
export function webhookSecret(text: string): Buffer {
  const base64 = text.startsWith('whsec_') ? text.slice('whsec_'.length) : ''
  const secret = Buffer.from(base64, 'base64')
  // Node decodes anything; what receivers decode is what is written back the same.
  if (base64 === '' || secret.toString('base64') !== base64) {
    throw new Error('A webhook secret is whsec_ followed by base64')
  }
  if (secret.length < 24 || secret.length > 64) {
    throw new Error(`A webhook secret has 24 to 64 bytes, not ${secret.length}`)
  }
  return secret
}

/** Headers and body of a webhook. */
export interface Message {
  headers: Record<string, string>
  body: Buffer
}

/** The event as it is sent now, signed with every secret. */
export function signed({ id, payload }: Claim, secrets: readonly Buffer[], now: Date): Message {
  const body = Buffer.from(payload)
  const timestamp = Math.floor(now.getTime() / 1000)
  const signatures = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64'),
  )
  return {
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signatures.map((signature) => `v1,${signature}`).join(' '),
    },
    body,
  }
}
