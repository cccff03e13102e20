import type { Request } from 'express'
import type { Credentials, Grant, Loss, Token } from './credentials.ts'
import { queryOf } from './received.ts'
import { GraphRefusal } from './refusals.ts'

/** The token text of a Graph call, from the query or from `Authorization: Bearer`; empty when there is none. */
export function sentToken(req: Request): string {
  const [, bearer] = /^Bearer (.+)$/i.exec(req.headers.authorization ?? '') ?? []
  return queryOf(req).get('access_token') ?? bearer ?? ''
}

/**
 * The token of a Graph call. It may have expired or been lost.
 * @throws GraphRefusal if this sandbox never gave it away
 */
export function authenticate(req: Request, credentials: Credentials): Token {
  const sent = sentToken(req)
  // Recorded of apps that looked for the token in the wrong envelope. The message is not about the verb.
  if (sent === 'undefined') throw unsupportedMethod('get')
  const token = credentials.findToken(sent)
  if (!token) throw new GraphRefusal('Invalid OAuth access token - Cannot parse access token', 190)
  return token
}

/** @throws GraphRefusal if the token's time is over, or its person or Instagram took it back */
export function mustLive({ grant, expiresAt }: Token, now: Date): void {
  if (now >= expiresAt) {
    throw new GraphRefusal(
      `Error validating access token: Session has expired on ${metaTime(expiresAt)}. ` +
        `The current time is ${metaTime(now)}.`,
      190,
    )
  }
  if (grant.loss !== null) throw REFUSALS[grant.loss](grant)
}

const REFUSALS = {
  app_removed: ({ clientId }) =>
    new GraphRefusal(
      `Error validating access token: The user has not authorized application ${clientId}.`,
      190,
      { subcode: 458 },
    ),
  password_changed: () =>
    new GraphRefusal(
      'Error validating access token: The session has been invalidated because the user changed their ' +
        'password or Facebook has changed the session for security reasons.',
      190,
    ),
  permission_lost: notPermitted,
} satisfies Record<Loss, (grant: Grant) => GraphRefusal>

/** What Instagram says of a permission that is not there. */
export function notPermitted(): GraphRefusal {
  return new GraphRefusal('Application does not have permission for this action', 10, {
    type: 'IGApiException',
  })
}

/** @throws GraphRefusal if the call is not a GET */
export function mustBeGet(req: Request): void {
  if (req.method !== 'GET') throw unsupportedMethod(req.method.toLowerCase())
}

function unsupportedMethod(method: string): GraphRefusal {
  return new GraphRefusal(`Unsupported request - method type: ${method}`, 100, { type: 'IGApiException' })
}

/** As Meta spells a time: `Tuesday, 28-Sep-21 03:00:00 PDT`. */
function metaTime(time: Date): string {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/Los_Angeles',
    weekday: 'long',
    day: '2-digit',
    month: 'short',
    year: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  })
  const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]))
  const { weekday = '', day = '', month = '', year = '', hour = '', minute = '', second = '' } = part
  return `${weekday}, ${day}-${month}-${year} ${hour}:${minute}:${second} ${part['timeZoneName'] ?? ''}`
}
