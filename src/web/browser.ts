import type { RequestHandler, Response } from 'express'
import { newBrowser } from '../login/browser.ts'
import { ours } from './ours.ts'

/** Seconds for which a browser is remembered after the last page from which it could begin a login: longer than any state lives. */
const BROWSER_LIFETIME_S = 24 * 60 * 60

/** A cookie's name, and what stands behind its value. */
interface BrowserCookie {
  name: string
  attributes: string
}

/**
 * The browser that a request comes from, whether or not it is connected to an account. It holds its secret in a cookie, and nothing
 * is stored for it.
 */
class Browser {
  readonly #response: Response
  readonly #cookie: BrowserCookie
  #secret: string | undefined

  constructor(response: Response, cookie: BrowserCookie, secret: string | undefined) {
    this.#response = response
    this.#cookie = cookie
    this.#secret = secret
  }

  /** `undefined`: it brought no cookie, and is not remembered. */
  get secret(): string | undefined {
    return this.#secret
  }

  /** Its secret, for a login that begins. Sets the cookie, or lengthens its life, so that it outlives the state. */
  remember(): string {
    const secret = (this.#secret ??= newBrowser())
    const { name, attributes } = this.#cookie
    // Neither the name nor the secret has a sign that would have to be encoded.
    this.#response.append('Set-Cookie', `${name}=${secret}${attributes}`)
    return secret
  }
}

const { of, put } = ours<Browser>('browser')

/** The browser that this request comes from. */
export const browserOf = of

/** Tells each request its browser. `name`: its cookie's. `secure`: whether people reach us by https. */
export function browsers({ name, secure }: { name: string; secure: boolean }): RequestHandler {
  const lasting = `; Path=/; Max-Age=${BROWSER_LIFETIME_S}; HttpOnly; SameSite=Lax`
  const cookie = { name, attributes: secure ? `${lasting}; Secure` : lasting }
  // What does not look like a secret of ours is as none.
  const pattern = new RegExp(`(?:^|;) *${RegExp.escape(name)}=([\\w-]{36})(?:;|$)`)

  return (request, response, next) => {
    put(request, new Browser(response, cookie, pattern.exec(request.headers.cookie ?? '')?.[1]))
    next()
  }
}
