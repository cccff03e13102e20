import type { Request } from 'express'
import { type Kept, putSession, type Session } from './session.ts'

/**
 * A session as express-session makes it (https://github.com/expressjs/session), with methods `regenerate` and `save`; or cookie-session,
 * without; or iron-session, whose `save` returns a promise.
 */
type SessionOfHost = Record<string, unknown>

/**
 * Keeps what is ours in the session of the app around us, under a name. What else is in it stays as it is.
 *
 * @returns Whether it has one.
 */
export function useHostSession(request: Request, name: string): boolean {
  if (!sessionOf(request)) return false
  putSession(request, new HostSession(request, name))
  return true
}

function sessionOf(request: object): SessionOfHost | undefined {
  const { session } = request as { session?: unknown }
  return typeof session === 'object' && session !== null ? (session as SessionOfHost) : undefined
}

class HostSession implements Session {
  readonly #request: Request
  readonly #name: string

  constructor(request: Request, name: string) {
    this.#request = request
    this.#name = name
  }

  get kept(): Kept {
    const kept = sessionOf(this.#request)?.[this.#name]
    return typeof kept === 'object' && kept !== null ? kept : {}
  }

  async change(kept: Kept): Promise<void> {
    const session = sessionOf(this.#request)
    if (!session) throw new Error('The session of the app around us has ended.')
    if (Object.keys(kept).length > 0) session[this.#name] = kept
    else Reflect.deleteProperty(session, this.#name)
    // Before the answer, not with it: the answer must not promise what could not be kept.
    await done(session, 'save')
  }

  async renew(kept: Kept): Promise<void> {
    const session = sessionOf(this.#request)
    if (session && 'regenerate' in session) {
      const data = { ...session }
      await done(session, 'regenerate')
      Object.assign(sessionOf(this.#request) ?? {}, data)
    }
    await this.change(kept)
  }

  reduce(kept: Kept): Promise<void> {
    return this.change(kept)
  }
}

/** Calls a method, if there is one, and settles when it calls back, or when the promise does that it returns. */
async function done(session: SessionOfHost, name: 'regenerate' | 'save'): Promise<void> {
  const method = session[name]
  if (typeof method !== 'function') return
  await new Promise<unknown>((resolve, reject) => {
    const result: unknown = method.call(session, (error?: Error | null) => {
      if (error) reject(error)
      else resolve(undefined)
    })
    if (result instanceof Promise) result.then(resolve, reject)
  })
}
