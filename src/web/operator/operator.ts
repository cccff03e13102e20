import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import { keptOf, signInOperator } from '../session.ts'

/** Milliseconds after which whoever runs this site has to sign in again. */
const SIGN_IN_LIFETIME_MS = 8 * 60 * 60 * 1000

/** Whoever runs this site, as far as a browser can prove it. */
export interface Operator {
  /** Whether this browser is signed in. False as well where nothing is known of a session. */
  isOperator(request: Request): boolean
  /** Signs the browser in if this is the password, and tells whether it is. How long that takes tells nothing of it. */
  signIn(request: Request, password: string): Promise<boolean>
}

/**
 * Whoever knows the password; nobody where there is none. `secret`: of this site. A sign-in ends after eight hours, by the
 * system's clock as sessions do, and with the password.
 */
export function createOperator(password: string | undefined, secret: string): Operator {
  if (password === undefined) return { isOperator: () => false, signIn: () => Promise.resolve(false) }
  // Of the password nothing is kept from which it could be guessed.
  const seal = createHmac('sha256', secret).update(`operator ${password}`).digest('base64url')
  return {
    isOperator(request) {
      const { operator } = keptOf(request)
      return operator !== undefined && operator.until > Date.now() && same(operator.seal, seal)
    },

    async signIn(request, given) {
      if (!same(given, password)) return false
      await signInOperator(request, { until: Date.now() + SIGN_IN_LIFETIME_MS, seal })
      return true
    },
  }
}

function same(one: string, other: string): boolean {
  return timingSafeEqual(sha256(one), sha256(other))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
