import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** One key that seals tokens at rest: 32 bytes, and the id by which a sealed token names it. */
export interface TokenKey {
  id: string
  secret: Buffer
}

/** Seals and opens tokens. What is sealed for one account does not open for another. */
export interface KeyRing {
  /** Newest first. */
  keyIds: readonly string[]
  /** Sealed under the newest key: `1.<key id>.<nonce>.<ciphertext and tag>`, the last two as base64url. */
  seal(token: string, accountKey: string): string
  /** @throws {UnreadableTokenError} when no key of the ring opens it for this account */
  open(sealed: string, accountKey: string): string
}

/** A sealed token that cannot be opened: its key is not in `TOKEN_KEYS`, or it was changed, or belongs to another account. */
export class UnreadableTokenError extends Error {
  override readonly name = 'UnreadableTokenError'
}

/** The id of the key that sealed a token. */
export function keyIdOf(sealed: string): string {
  return sealed.split('.')[1] ?? ''
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM with the account's key as associated data. `keys`: newest first, at least one. */
export function createKeyRing(keys: readonly TokenKey[]): KeyRing {
  const [newest] = keys
  if (!newest) throw new TypeError('A key ring needs at least one key.')
  return {
    keyIds: keys.map((key) => key.id),

    seal(token, accountKey) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, newest.secret, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(accountKey))
      const sealed = Buffer.concat([cipher.update(token, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return ['1', newest.id, nonce.toString('base64url'), sealed.toString('base64url')].join('.')
    },

    open(sealed, accountKey) {
      const [version, keyId = '', nonce = '', text = ''] = sealed.split('.')
      const key = keys.find((candidate) => candidate.id === keyId)
      if (version !== '1' || !key)
        throw new UnreadableTokenError(`No key in TOKEN_KEYS has the id "${keyId}" that sealed this token.`)
      const bytes = Buffer.from(text, 'base64url')
      try {
        const decipher = createDecipheriv(CIPHER, key.secret, Buffer.from(nonce, 'base64url'), {
          authTagLength: TAG_BYTES,
        })
        decipher.setAAD(Buffer.from(accountKey))
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
        return decipher.update(bytes.subarray(0, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      } catch (cause) {
        throw new UnreadableTokenError(`The key "${keyId}" of TOKEN_KEYS does not open this token.`, {
          cause,
        })
      }
    },
  }
}
