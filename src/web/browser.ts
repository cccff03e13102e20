import { createHmac, randomBytes } from 'node:crypto'
import type { RequestHandler } from 'express'

declare module 'express-serve-static-core' {
  interface Request {
    browser: Browser
  }
}

/**
 * The browser that a request comes from, whether or not it is connected to an account. It holds a random id in a cookie; its
 * keys are made of that and our secrets, so that nothing has to be stored for it.
 */
export interface Browser {
  /** Signs a new `state`. Sets the cookie, or lengthens its life, so that it outlives the state. */
  newestKey(): string
  /** All that may have signed a state of this browser, one for each secret, newest first; none where no cookie came. */
  keys(): readonly string[]
}

/** How long a browser is remembered after the last page from which it could begin a login: longer than any state lives. */
const BROWSER_LIFETIME_MS = 24 * 60 * 60 * 1000

const ID_BYTES = 32

/** Tells each request its browser. `secrets`: newest first. `cookie`: its name, and whether people reach us by https. */
export function browsers(
  secrets: readonly string[],
  { name, secure }: { name: string; secure: boolean },
): RequestHandler {
  // What does not look like an id of ours is as none.
  const id = new RegExp(`(?:^|;) *${name}=([\\w-]{43})(?:;|$)`)
  const [newest] = secrets
  if (newest === undefined) throw new TypeError('Browsers need at least one secret.')

  return (request, response, next) => {
    let own = id.exec(request.headers.cookie ?? '')?.[1]
    request.browser = {
      newestKey() {
        own ??= randomBytes(ID_BYTES).toString('base64url')
        const expires = new Date(Date.now() + BROWSER_LIFETIME_MS)
        response.cookie(name, own, { path: '/', httpOnly: true, sameSite: 'lax', secure, expires })
        return keyOf(own, newest)
      },
      keys() {
        const known = own
        return known === undefined ? [] : secrets.map((secret) => keyOf(known, secret))
      },
    }
    next()
  }
}

/** The session cookie is signed with the same secrets, but nothing that begins like this. */
function keyOf(id: string, secret: string): string {
  return createHmac('sha256', secret).update(`browser ${id}`).digest('base64url')
}
