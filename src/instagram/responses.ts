import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { type ErrorResponse, type Evidence, InstagramError, type Usage } from '../errors/errors.ts'
import { matchInstagramError } from '../errors/match.ts'
import { LONG_LIVED_DAYS, MINUTE_MS, SHORT_LIVED_SECONDS } from '../facts.ts'
import { escapeControls } from '../log.ts'
import { idSchema, parseExactJson } from './exactJson.ts'

/** How far this machine’s clock and Instagram’s may differ, in ms. */
export const CLOCK_TOLERANCE_MS = 5 * MINUTE_MS

/** A response, unparsed. */
export interface HttpResponse {
  /** Origin and path of the call; never its query, which may hold a secret. */
  address: string
  status: number
  contentType: string
  body: Buffer
  headers: IncomingHttpHeaders
  usage: Usage
  /** How many milliseconds this machine’s clock is ahead of Instagram’s; `undefined`: the response has no time. */
  clockAheadMs: number | undefined
  /** Prepares a text for an error: masks the request’s secrets and everything as long as a token, and limits the length. */
  mask: (text: string) => string
}

/**
 * What a token is: a `short_lived` one (an hour) can be exchanged for a `long_lived` one (60 days, can be refreshed); a `classic` one, of
 * the first Instagram API, never expires.
 */
export type TokenKind = 'short_lived' | 'long_lived' | 'classic'

/** An access token as Instagram issued it. */
export interface Token {
  kind: TokenKind
  accessToken: string
  obtainedAt: Date
  /** `null`: never. */
  expiresAt: Date | null
}

/** Instagram’s response to a code. */
export interface TokenResponse {
  token: Token
  /** The app-scoped or the professional id: Meta’s pages and real responses disagree which. `null`: left out. `/me` has both. */
  userId: string | null
  /** The scopes that the person granted; `null` when the response does not say. */
  permissions: readonly string[] | null
  /** With a classic token only, for which there is no `/me`. */
  profile: Profile | null
}

/** A person’s profile. Everything can be missing but one of the ids. */
export interface Profile {
  /** The app-scoped id. A string: a JavaScript number cannot hold it. */
  id: string | null
  /** The professional account’s id, which webhooks use. */
  userId: string | null
  username: string | null
  name: string | null
  /** As Instagram spells it: `BUSINESS`, `MEDIA_CREATOR`, … */
  accountType: string | null
  pictureUrl: string | null
}

/** A profile picture. */
export interface Picture {
  contentType: string
  bytes: Buffer
}

// Parts of schemas.

/** Lengths in characters, all generous: no token and no name of Instagram's is longer. */
const MAX_LENGTHS = { token: 4_000, name: 500, url: 4_000, permission: 100, permissions: 100 }

const tokenText = z.string().min(1).max(MAX_LENGTHS.token)
/** Text that may be missing; what is too long counts as missing. */
const nullableText = (length: number) => z.string().min(1).max(length).nullable().catch(null).default(null)
const name = nullableText(MAX_LENGTHS.name)
const pictureUrl = nullableText(MAX_LENGTHS.url)
const optionalText = z.string().optional().catch(undefined)
const optionalInt = z.coerce.number().int().optional().catch(undefined)
/** An id beside a token; what is no id counts as missing, because the token is good all the same. */
const nullableId = idSchema.nullable().catch(null).default(null)
/** A lifetime in seconds; what is none counts as missing. */
const lifetime = (missing: number) =>
  z.coerce.number().int().positive().max(3_153_600_000).catch(missing).default(missing)

/** Meta’s pages show some responses as `{"data": [{…}]}` that really come flat; both are read. */
function flatOrInData<Shape extends z.ZodType>(schema: Shape) {
  return z.preprocess((json) => {
    const data = fieldsOf(json)?.['data']
    const [first] = Array.isArray(data) ? (data as unknown[]) : []
    return fieldsOf(first) ?? json
  }, schema)
}

/** The fields of a JSON object; `undefined`: it is none. To look at a field first is cheaper than a schema that fails. */
function fieldsOf(json: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
  return isObject ? (json as Readonly<Record<string, unknown>>) : undefined
}

// The response to a code.

const listSchema = z.string().transform((list) => list.split(/[\s,]+/).filter(Boolean))

const permissionsSchema = z
  .array(z.string())
  .or(listSchema)
  .transform((list) => list.filter(({ length }) => length <= MAX_LENGTHS.permission).slice(0, MAX_LENGTHS.permissions))

const tokenSchema = flatOrInData(
  z.object({
    access_token: tokenText,
    user_id: nullableId,
    permissions: permissionsSchema.nullable().catch(null).default(null),
    expires_in: lifetime(SHORT_LIVED_SECONDS),
    /** In the response of the classic API only. */
    user: z.object({ id: idSchema, username: name, full_name: name, profile_picture: pictureUrl }).optional(),
  }),
)

/** Reads the response to a code. The token’s lifetime counts from `askedAt`, to be safe. */
export function readToken(response: HttpResponse, askedAt: Date): TokenResponse {
  const json = readJson(response, tokenSchema)
  const accessToken = json.access_token
  if (!json.user)
    return {
      token: expiringToken('short_lived', accessToken, askedAt, json.expires_in),
      userId: json.user_id,
      permissions: json.permissions,
      profile: null,
    }
  const { id, username, full_name, profile_picture } = json.user
  return {
    token: { kind: 'classic', accessToken, obtainedAt: askedAt, expiresAt: null },
    userId: id,
    permissions: null,
    profile: { id, userId: null, username, name: full_name, accountType: null, pictureUrl: profile_picture },
  }
}

// The response to a long-lived exchange and to a refresh.

/** Used if Instagram does not say: a day less than the lifetime of long-lived tokens. */
const DEFAULT_LONG_LIVED_SECONDS = (LONG_LIVED_DAYS - 1) * 24 * 60 * 60

const longLivedSchema = flatOrInData(
  z.object({ access_token: tokenText, expires_in: lifetime(DEFAULT_LONG_LIVED_SECONDS) }),
)

/** Reads the long-lived token of an exchange or a refresh. Its lifetime counts from `askedAt`, to be safe. */
export function readLongLivedToken(response: HttpResponse, askedAt: Date): Token {
  const { access_token, expires_in } = readJson(response, longLivedSchema)
  return expiringToken('long_lived', access_token, askedAt, expires_in)
}

function expiringToken(kind: TokenKind, accessToken: string, obtainedAt: Date, lifetime: number): Token {
  return { kind, accessToken, obtainedAt, expiresAt: new Date(obtainedAt.getTime() + lifetime * 1000) }
}

/** The fields to ask `/me` for. @see https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/get-started */
export const PROFILE_FIELDS = 'id,user_id,username,name,account_type,profile_picture_url'

const profileSchema = flatOrInData(
  z
    .object({
      id: nullableId,
      user_id: nullableId,
      username: name,
      name,
      account_type: name,
      profile_picture_url: pictureUrl,
    })
    // Meta’s own example has no `id`.
    .refine((profile) => profile.id ?? profile.user_id),
)

/** Checks that the response is `{"success": true}`. */
export function readSuccess(response: HttpResponse): void {
  readJson(response, z.object({ success: z.literal(true) }))
}

/** Reads the response of `/me`. */
export function readProfile(response: HttpResponse): Profile {
  const { id, username, name, ...rest } = readJson(response, profileSchema)
  const { user_id: userId, account_type: accountType, profile_picture_url: pictureUrl } = rest
  return { id, userId, username, name, accountType, pictureUrl }
}

/** Reads a picture. @throws {InstagramError} `unreadable` if it is not a picture */
export function readPicture({ address, status, contentType, body }: HttpResponse): Picture {
  if (status === 200 && /^image\/(jpeg|png|webp|gif|avif)$/.test(contentType)) return { contentType, bytes: body }
  throw new InstagramError('unreadable', { endpoint: address, status, contentType })
}

/** The fields of an error as graph.instagram.com, api.instagram.com, Instagram’s own website and RFC 6749 spell them. */
const errorSchema = z.object({
  message: optionalText,
  error_message: optionalText,
  error_description: optionalText,
  error_user_title: optionalText,
  error_user_msg: optionalText,
  error: optionalText,
  type: optionalText,
  error_type: optionalText,
  code: optionalInt,
  error_subcode: optionalInt,
  is_transient: z.boolean().optional().catch(undefined),
  fbtrace_id: optionalText,
})

/** The error in a response; `undefined`: it is not an error. `isOk`: whether its status is a success. */
function readError(json: unknown, isOk: boolean): ErrorResponse | undefined {
  const body = fieldsOf(json) ?? {}
  const { error, error_message, status } = body
  const meta = fieldsOf(body['meta'])
  const classic = typeof meta?.['error_message'] === 'string' ? meta : undefined
  const isError = [error, error_message].some((text) => typeof text === 'string') || status === 'fail'
  const fields = fieldsOf(error) ?? classic ?? (isError || !isOk ? body : undefined)
  if (!fields) return undefined
  const said = errorSchema.parse(fields)
  const message = said.message ?? said.error_message ?? said.error_description ?? said.error
  const words = [message, said.error_user_title, said.error_user_msg].filter(Boolean)
  return {
    message: words.length > 0 ? [...new Set(words)].join(' – ') : undefined,
    type: said.type ?? said.error_type ?? said.error,
    code: said.code,
    subcode: said.error_subcode,
    transient: said.is_transient,
    traceId: said.fbtrace_id,
  }
}

const utf8 = new TextDecoder()

/** Reads a successful response. @throws {InstagramError} for an error of any form, and for a response that cannot be parsed */
function readJson<Shape extends z.ZodType>(response: HttpResponse, schema: Shape): z.output<Shape> {
  const { address, status, contentType, usage, clockAheadMs, body, mask } = response
  const isUsed = usage.percent > 0 || usage.regainMs > 0
  const isClockOff = Math.abs(clockAheadMs ?? 0) > CLOCK_TOLERANCE_MS
  const details = { ...(isUsed && { usage }), ...(isClockOff && { clockAheadMs }) }
  const evidence: Evidence = { endpoint: address, status, contentType, ...details }

  let json: unknown
  try {
    // Ignores a byte order mark.
    json = parseExactJson(utf8.decode(body))
  } catch {
    // Without the parser’s own error, which quotes the text.
    const words = `${body.length} bytes of ${contentType || 'no type'} with status ${status} are not JSON`
    const code = matchInstagramError({ status, contentType }) ?? 'unreadable'
    throw new InstagramError(code, evidence, { cause: new SyntaxError(words) })
  }
  const error = readError(json, status < 300)
  if (error) {
    const { type, message, traceId } = error
    // Instagram quotes malformed tokens in its messages.
    const clean = (text: string | undefined) => text && escapeControls(mask(text))
    const said = { ...error, type: clean(type), message: clean(message), traceId: clean(traceId) }
    const code = matchInstagramError({ ...error, status }) ?? (status > 299 && status < 400 ? 'unreadable' : 'unknown')
    throw new InstagramError(code, { ...evidence, ...said })
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const lacksToken = parsed.error.issues.some(({ path, code }) => path.at(-1) === 'access_token' && code !== 'too_big')
  throw new InstagramError(lacksToken ? 'no_token_in_answer' : 'unreadable', evidence, { cause: parsed.error })
}

const count = z.number().catch(0).default(0)
const countsSchema = z.object({
  call_count: count,
  total_cputime: count,
  total_time: count,
  estimated_time_to_regain_access: count,
})

/** Reads `x-app-usage` and `x-business-use-case-usage`. Left out or malformed, they count as no usage. */
export function readUsage(headers: IncomingHttpHeaders): Usage {
  const { 'x-app-usage': ofApp, 'x-business-use-case-usage': ofBusinesses } = headers
  if (ofApp === undefined && ofBusinesses === undefined) return { percent: 0, regainMs: 0 }
  const businesses = Object.values(fieldsInHeader(ofBusinesses)).flat()
  const all = [fieldsInHeader(ofApp), ...businesses].flatMap((counts) => countsSchema.safeParse(counts).data ?? [])
  const percents = all.flatMap(({ call_count, total_cputime, total_time }) => [call_count, total_cputime, total_time])
  const minutes = all.map((counts) => counts.estimated_time_to_regain_access)
  return { percent: Math.max(0, ...percents), regainMs: Math.max(0, ...minutes) * MINUTE_MS }
}

function fieldsInHeader(header: string | string[] = '{}') {
  try {
    return fieldsOf(JSON.parse(String(header))) ?? {}
  } catch {
    return {}
  }
}
