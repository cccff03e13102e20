import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { TokenKey } from '../config.ts'
import { AppError } from '../errors/errors.ts'

/** Encrypts tokens at rest. */
export type TokenCipher = ReturnType<typeof createTokenCipher>

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The id of the key that encrypted a token. */
export function keyIdOf(encrypted: string): string {
  return encrypted.split('.')[1] ?? ''
}

/**
 * AES-256-GCM with the account's key as associated data: a token of one account cannot be decrypted for another.
 *
 * @param keys Newest first, at least one.
 */
export function createTokenCipher(keys: readonly TokenKey[]) {
  const [newest] = keys
  if (!newest) throw new TypeError('A token cipher needs at least one key')
  return {
    keyIds: keys.map((key) => key.id),

    /** Encrypts with the newest key: `1.<key id>.<nonce>.<ciphertext and tag>`, the last two as base64url. */
    encrypt(token: string, accountKey: string): string {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, newest.secret, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(accountKey))
      const bytes = Buffer.concat([cipher.update(token, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return ['1', newest.id, nonce.toString('base64url'), bytes.toString('base64url')].join('.')
    },

    /** @throws {AppError} `token_unreadable` if none of the keys decrypts the text for this account */
    decrypt(encrypted: string, accountKey: string): string {
      const [version, keyId = '', nonce = '', text = ''] = encrypted.split('.')
      const key = keys.find(({ id }) => id === keyId)
      if (version !== '1' || !key) throw unreadable(`No token key has the id "${keyId}" that encrypted this token`)
      const bytes = Buffer.from(text, 'base64url')
      try {
        const options = { authTagLength: TAG_BYTES }
        const decipher = createDecipheriv(CIPHER, key.secret, Buffer.from(nonce, 'base64url'), options)
        decipher.setAAD(Buffer.from(accountKey))
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
        return decipher.update(bytes.subarray(0, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      } catch (cause) {
        throw unreadable(`The token key "${keyId}" does not decrypt this token`, cause)
      }
    },
  }
}

function unreadable(message: string, cause?: unknown): AppError {
  return new AppError('token_unreadable', { message, cause })
}

/** As {@link TokenCipher.decrypt}, but `undefined` if none of the keys decrypts the text. */
export function tryDecrypt(cipher: TokenCipher, encrypted: string, accountKey: string): string | undefined {
  try {
    return cipher.decrypt(encrypted, accountKey)
  } catch {
    return undefined
  }
}
