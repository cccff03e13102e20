import type { RequestHandler } from 'express'
import { newBrowser } from '../login/browserKey.ts'
import { ours } from './ours.ts'

/**
 * The browser that a request comes from, whether or not it is connected to an account. It holds its secret in a cookie, and nothing
 * is stored for it.
 */
export interface Browser {
  /** `undefined`: it brought no cookie, and is not remembered. */
  readonly secret: string | undefined
  /** Its secret, for a login that begins. Sets the cookie, or lengthens its life, so that it outlives the state. */
  remember(): string
}

/** How long a browser is remembered after the last page from which it could begin a login: longer than any state lives. */
const BROWSER_LIFETIME_MS = 24 * 60 * 60 * 1000

const { of, put } = ours<Browser>('browser')

/** The browser that this request comes from. */
export const browserOf = of

/** Tells each request its browser. `name`: the cookie's. `secure`: people reach us by https. */
export function browsers({ name, secure }: { name: string; secure: boolean }): RequestHandler {
  // What does not look like a secret of ours is as none.
  const cookie = new RegExp(`(?:^|;) *${RegExp.escape(name)}=([\\w-]{36})(?:;|$)`)

  return (request, response, next) => {
    let secret = cookie.exec(request.headers.cookie ?? '')?.[1]
    put(request, {
      get secret() {
        return secret
      },
      remember() {
        secret ??= newBrowser()
        const expires = new Date(Date.now() + BROWSER_LIFETIME_MS)
        response.cookie(name, secret, { path: '/', httpOnly: true, sameSite: 'lax', secure, expires })
        return secret
      },
    })
    next()
  }
}
