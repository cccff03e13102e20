import type { RequestHandler } from 'express'
import { cookieName } from './address.ts'
import { browsers } from './browser.ts'
import { useHostSession } from './hostSession.ts'
import { ownSessions, type OwnSessionsOptions } from './ownSession.ts'

/** What browsers and sessions are made with. */
export interface SessionsOptions extends OwnSessionsOptions {
  /** The name of what is ours in the session of an app around us: no other app of ours has it. */
  nameAtHost: string
}

/** Browsers, and their sessions: those of the app around us where it has one for this request, else our own. */
export function sessions({ nameAtHost, ...options }: SessionsOptions): RequestHandler[] {
  const { name, secure } = cookieName(options.address)
  const own = ownSessions(options)
  return [
    browsers({ name: name('-browser'), secure }),
    (request, response, next) => {
      if (!useHostSession(request, nameAtHost)) return own(request, response, next)
      next()
      return undefined
    },
  ]
}
