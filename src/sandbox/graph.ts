import { type Request, type Response, Router } from 'express'
import { daysUntil, ENDED_PARAMETERS, GRAPH_VERSIONS, REFRESHABLE_AFTER_MS } from '../facts.ts'
import { type Node, selectFields } from './fields.ts'
import { GraphError, queryOf, unknownPath } from './http.ts'
import { pageOf, pictureUrl, postsOf } from './media.ts'
import type { Professional } from './testUsers.ts'
import { type Grant, LONG_LIVED_SECONDS, type Loss, type RegisteredApp, type Token, type Tokens } from './tokens.ts'

/** Paths of the profile and of its posts, with or without a version. */
export const ME = ['/me', '/:version/me']
export const MEDIA = ['/me/media', '/:version/me/media']

/** Path of the permissions. A DELETE request revokes the app's access; that is not confirmed for Instagram's host. */
export const PERMISSIONS = ['/me/permissions', '/:version/me/permissions']

/**
 * The Graph API: the long-lived exchange and the refresh, both without a version in the path; the profile and its posts, with the requested
 * fields and always `id`.
 */
export function graphRouter(origin: string, app: RegisteredApp, tokens: Tokens): Router {
  const router = Router()

  router.all('/access_token', (request, response) => {
    requireGet(request)
    const query = queryOf(request)
    requireGrantType(query, 'ig_exchange_token')
    const token = authenticate(request, tokens)
    // Checked after the token: with a made-up token Instagram says nothing about the secret.
    if (query.get('client_secret') !== app.clientSecret) throw new GraphError('Error validating client secret.', 100)
    requireLiving(token, app, tokens.now())
    if (token.longLived) throw sessionKeyInvalid()
    sendLongLivedToken(response, token.grant)
  })

  router.all('/refresh_access_token', (request, response) => {
    requireGet(request)
    requireGrantType(queryOf(request), 'ig_refresh_token')
    const token = authenticate(request, tokens)
    requireLiving(token, app, tokens.now())
    if (!token.longLived) throw sessionKeyInvalid()
    // The rule is documented, the body of this error is not confirmed.
    if (tokens.now().getTime() - token.issuedAt.getTime() < REFRESHABLE_AFTER_MS) throw notPermitted()
    // Any token here has the scope that a refresh needs: instagram_business_basic cannot be unticked.
    sendLongLivedToken(response, token.grant)
  })

  router.all(MEDIA, (request, response) => {
    const posts = postsOf(origin, userOf(request), tokens.now())
    const { data, paging } = pageOf(posts, origin, request)
    const fields = queryOf(request).get('fields') ?? ''
    response.json({ data: data.map((post) => selectFields(post, fields, 'IGMedia')), paging })
  })

  router.delete(PERMISSIONS, (request, response) => {
    const token = authenticate(request, tokens)
    requireLiving(token, app, tokens.now())
    tokens.revoke(token.grant.user, 'app_removed')
    response.json({ success: true })
  })

  router.all(ME, (request, response) => {
    const profile = profileFields(origin, userOf(request))
    response.json(selectFields(profile, queryOf(request).get('fields') ?? '', 'IGUser'))
  })

  function userOf(request: Request): Professional {
    requireGet(request)
    const version = request.params['version'] ?? GRAPH_VERSIONS[0].version
    if (!servedVersions(tokens.now()).includes(String(version))) throw unknownPath(request)
    refuseEndedParameters(queryOf(request), String(version))
    const token = authenticate(request, tokens)
    requireLiving(token, app, tokens.now())
    return token.grant.user
  }

  function sendLongLivedToken(response: Response, grant: Grant): void {
    const access_token = tokens.issueLongLivedToken(grant)
    response.json({ access_token, token_type: 'bearer', expires_in: LONG_LIVED_SECONDS })
  }

  return router
}

/** The token text of a Graph call, from the query or from `Authorization: Bearer`; empty when there is none. */
export function sentToken(request: Request): string {
  const [, bearer] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? []
  return queryOf(request).get('access_token') ?? bearer ?? ''
}

/** Finds the token of a call, which may be expired or revoked. */
function authenticate(request: Request, tokens: Tokens): Token {
  const sent = sentToken(request)
  // Recorded of apps that read the token from the wrong envelope. The message is not about the method.
  if (sent === 'undefined') throw unsupportedMethod('get')
  const token = tokens.findToken(sent)
  if (!token) throw new GraphError('Invalid OAuth access token - Cannot parse access token', 190)
  return token
}

function requireLiving({ grant, expiresAt }: Token, app: RegisteredApp, now: Date): void {
  if (now >= expiresAt)
    throw new GraphError(
      `Error validating access token: Session has expired on ${metaTime(expiresAt)}. ` +
        `The current time is ${metaTime(now)}.`,
      190,
    )
  if (grant.loss !== null) throw LOSS_ERRORS[grant.loss](app)
}

const LOSS_ERRORS = {
  app_removed: ({ clientId }) =>
    new GraphError(`Error validating access token: The user has not authorized application ${clientId}.`, 190, {
      subcode: 458,
    }),
  password_changed: () =>
    new GraphError(
      'Error validating access token: The session has been invalidated because the user changed their ' +
        'password or Facebook has changed the session for security reasons.',
      190,
    ),
  permission_lost: notPermitted,
} satisfies Record<Loss, (app: RegisteredApp) => GraphError>

function notPermitted(): GraphError {
  return new GraphError('Application does not have permission for this action', 10, {
    type: 'IGApiException',
  })
}

function requireGet({ method }: Request): void {
  if (method !== 'GET') throw unsupportedMethod(method.toLowerCase())
}

function unsupportedMethod(method: string): GraphError {
  return new GraphError(`Unsupported request - method type: ${method}`, 100, { type: 'IGApiException' })
}

/** The message for a wrong `grant_type` is not recorded. */
function requireGrantType(query: URLSearchParams, grantType: string): void {
  if (query.get('grant_type') === grantType) return
  throw new GraphError(`Invalid parameter: grant_type must be ${grantType}`, 100)
}

/** Recorded for a token that is long-lived already; for the refresh of a short-lived one it is a guess. */
function sessionKeyInvalid(): GraphError {
  return new GraphError(
    'Session key invalid. This could be because the session key has an incorrect format, ' +
      'or because the user has revoked this session',
    452,
  )
}

/** The versions that have not ended. Those that have not begun are among them: tests set the clock to any time. */
export function servedVersions(now: Date): string[] {
  return GRAPH_VERSIONS.filter(({ last }) => last === null || daysUntil(last, now) >= 0).map(({ version }) => version)
}

/** The rule is documented, for apps made since then; the message is not recorded. */
function refuseEndedParameters(query: URLSearchParams, version: string): void {
  if (Number(version.slice(1)) < Number(ENDED_PARAMETERS.since.slice(1))) return
  const sent = ENDED_PARAMETERS.names.find((name) => query.has(name))
  if (sent !== undefined)
    throw new GraphError(`(#100) The parameter ${sent} is not supported from ${ENDED_PARAMETERS.since} on`, 100)
}

function profileFields(origin: string, user: Professional): Node {
  const { profile } = user
  return {
    id: profile.id,
    user_id: profile.userId,
    username: user.username,
    name: user.name,
    account_type: profile.accountType,
    profile_picture_url: pictureUrl(origin, user),
    followers_count: profile.followers,
    follows_count: profile.follows,
    media_count: profile.media,
    biography: profile.biography,
    website: profile.website,
  }
}

/** A time as Meta writes it: `Tuesday, 28-Sep-21 03:00:00 PDT`. */
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
