import type { Request, Response } from 'express'
import type { Credentials, Token } from './credentials.ts'
import { queryOf } from './received.ts'
import { GraphRefusal } from './refusals.ts'

/**
 * The token of a Graph call, from the query or from `Authorization: Bearer`. It may have expired.
 * The answer gets the headers by which Instagram counts an account's calls.
 * @throws GraphRefusal if this sandbox never gave it away
 */
export function authenticate(req: Request, res: Response, credentials: Credentials): Token {
  const [, bearer] = /^Bearer (.+)$/i.exec(req.headers.authorization ?? '') ?? []
  const sent = queryOf(req).get('access_token') ?? bearer ?? ''
  // Recorded of apps that looked for the token in the wrong envelope. The message is not about the verb.
  if (sent === 'undefined') throw unsupportedMethod('get')
  const token = credentials.findToken(sent)
  if (!token) throw new GraphRefusal('Invalid OAuth access token - Cannot parse access token', 190)
  reportUsage(res, token.person.profile.userId)
  return token
}

/** @throws GraphRefusal if the token's time is over */
export function mustLive(token: Token, now: Date): void {
  if (now < token.expiresAt) return
  throw new GraphRefusal(
    `Error validating access token: Session has expired on ${metaTime(token.expiresAt)}. ` +
      `The current time is ${metaTime(now)}.`,
    190,
  )
}

/** @throws GraphRefusal if the call is not a GET */
export function mustBeGet(req: Request): void {
  if (req.method !== 'GET') throw unsupportedMethod(req.method.toLowerCase())
}

function reportUsage(res: Response, userId: string): void {
  const usage = { call_count: 1, total_cputime: 1, total_time: 1 }
  const business = [{ type: 'instagram', ...usage, estimated_time_to_regain_access: 0 }]
  res.set('x-app-usage', JSON.stringify(usage))
  res.set('x-business-use-case-usage', JSON.stringify({ [userId]: business }))
}

function unsupportedMethod(method: string): GraphRefusal {
  return new GraphRefusal(`Unsupported request - method type: ${method}`, 100, 'IGApiException')
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
