import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { type ErrorResponse, type Evidence, InstagramError, type Usage } from '../errors/errors.ts'
import { matchInstagramError } from '../errors/match.ts'
import { LONG_LIVED_DAYS, MINUTE_MS, SHORT_LIVED_SECONDS } from '../facts.ts'
import { escapeControls } from '../log.ts'

/** A response as it came. */
export interface HttpResponse {
  /** Origin and path of the call; never its query, which may hold a secret. */
  address: string
  status: number
  contentType: string
  body: Buffer
  usage: Usage
  /** Masks the secrets of the request, and what is as long as a token, in words that go into an error, and bounds their length. */
  mask: (text: string | undefined) => string | undefined
}

/**
 * What a token is: a `short_lived` one (an hour) can be exchanged for a `long_lived` one (60 days, can be refreshed); a `classic` one, of
 * the API of 2010 to 2020, never expires.
 */
export type TokenKind = 'short_lived' | 'long_lived' | 'classic'

/** An access token as Instagram gave it. */
export interface Token {
  kind: TokenKind
  accessToken: string
  obtainedAt: Date
  /** `null`: never. */
  expiresAt: Date | null
}

/** What Instagram gives for a code. */
export interface TokenResponse {
  token: Token
  /** The app-scoped or the professional id: Meta’s pages and real responses disagree which. `/me` has both. */
  userId: string
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

/** Lengths in characters, all generous: what is longer is no id, no token, and no name of Instagram's. */
const MAX_LENGTHS = { id: 30, token: 4_000, name: 500, url: 4_000, permission: 100, permissions: 100 }

/** An id, exact: digits, as a string or as a number (one past 2^53 is a string after `parseExactJson`). */
export const idSchema = z.union([
  z.string().max(MAX_LENGTHS.id).regex(/^\d+$/),
  z.int().nonnegative().transform(String),
])
const tokenText = z.string().min(1).max(MAX_LENGTHS.token)
/** Text that may be missing; what is too long counts as missing. */
const nullableText = (length: number) => z.string().min(1).max(length).nullable().catch(null).default(null)
const name = nullableText(MAX_LENGTHS.name)
const pictureUrl = nullableText(MAX_LENGTHS.url)
const optionalText = z.string().optional().catch(undefined)
const optionalInt = z.coerce.number().int().optional().catch(undefined)
const seconds = z.coerce.number().int().positive().max(3_153_600_000)

/** Meta’s pages show some responses as `{"data": [{…}]}` that really come flat; both are read. */
function flatOrInData<Shape extends z.ZodType>(schema: Shape) {
  return z.preprocess((json) => inData.safeParse(json).data?.data[0] ?? json, schema)
}

const inData = z.object({ data: z.tuple([z.looseObject({})], z.unknown()) })

// The response to a code.

const listSchema = z.string().transform((list) => list.split(/[\s,]+/).filter(Boolean))

const permissionsSchema = z
  .array(z.string())
  .or(listSchema)
  .transform((list) => list.filter(({ length }) => length <= MAX_LENGTHS.permission).slice(0, MAX_LENGTHS.permissions))

const currentTokenSchema = flatOrInData(
  z.object({
    access_token: tokenText,
    user_id: idSchema,
    permissions: permissionsSchema.nullable().catch(null).default(null),
    expires_in: seconds.catch(SHORT_LIVED_SECONDS).default(SHORT_LIVED_SECONDS),
  }),
)

const classicTokenSchema = z.object({
  access_token: tokenText,
  user: z.object({ id: idSchema, username: name, full_name: name, profile_picture: pictureUrl }),
})

const tokenSchema = z.union([classicTokenSchema, currentTokenSchema])

/** Reads what Instagram gives for a code. The token’s life counts from `askedAt`, to be on the safe side. */
export function readToken(response: HttpResponse, askedAt: Date): TokenResponse {
  const json = readJson(response, tokenSchema)
  const accessToken = json.access_token
  if (!('user' in json))
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

/** Should Instagram not say: a day less than long-lived tokens live. */
const DEFAULT_LONG_LIVED_SECONDS = (LONG_LIVED_DAYS - 1) * 24 * 60 * 60

const longLivedSchema = flatOrInData(
  z.object({ access_token: tokenText, expires_in: seconds.default(DEFAULT_LONG_LIVED_SECONDS) }),
)

/** Reads the long-lived token of an exchange or a refresh. Its life counts from `askedAt`, to be on the safe side. */
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
      id: idSchema.optional(),
      user_id: idSchema.nullable().default(null),
      username: name,
      name,
      account_type: name,
      profile_picture_url: pictureUrl,
    })
    // Meta’s own example has no `id`.
    .refine((profile) => profile.id ?? profile.user_id),
)

/** Reads the response of `/me`. */
export function readProfile(response: HttpResponse): Profile {
  const { id = null, username, name, ...rest } = readJson(response, profileSchema)
  const { user_id: userId, account_type: accountType, profile_picture_url: pictureUrl } = rest
  return { id, userId, username, name, accountType, pictureUrl }
}

/** Reads a picture. @throws {InstagramError} `unreadable` for whatever is no picture */
export function readPicture({ address, status, contentType, body }: HttpResponse): Picture {
/** Checks that the response is `{"success": true}`. */
export function readSuccess(response: HttpResponse): void {
  readJson(response, z.object({ success: z.literal(true) }))
}

  if (status === 200 && /^image\/(jpeg|png|webp|gif|avif)$/.test(contentType)) return { contentType, bytes: body }
  throw new InstagramError('unreadable', { endpoint: address, status, contentType })
}

/** The error as graph.instagram.com spells it. */
const graphErrorSchema = z
  .object({
    error: z.object({
      message: optionalText,
      type: optionalText,
      code: optionalInt,
      error_subcode: optionalInt,
      is_transient: z.boolean().optional().catch(undefined),
      fbtrace_id: optionalText,
    }),
  })
  .transform(({ error }): ErrorResponse => {
    const { message, type, code, error_subcode: subcode, is_transient: transient, fbtrace_id: traceId } = error
    return { message, type, code, subcode, transient, traceId }
  })

/** The error as api.instagram.com spells it. */
const oauthErrorSchema = z
  .object({ error_type: optionalText, code: optionalInt, error_message: z.string() })
  .transform(({ error_type: type, code, error_message: message }): ErrorResponse => ({ type, code, message }))

/** The error as the classic API spelled it. */
const classicErrorSchema = z.object({ meta: oauthErrorSchema }).transform(({ meta }) => meta)

const errorSchema = z.union([graphErrorSchema, oauthErrorSchema, classicErrorSchema])

/** Reads a successful response. @throws {InstagramError} for an error in any of Instagram’s shapes, and for what can’t be parsed */
function readJson<Shape extends z.ZodType>(response: HttpResponse, schema: Shape): z.output<Shape> {
  const { address, status, contentType, usage, body, mask } = response
  const isUsed = usage.percent > 0 || usage.regainMs > 0
  const evidence: Evidence = { endpoint: address, status, contentType, ...(isUsed && { usage }) }

  let json: unknown
  try {
    json = parseExactJson(body.toString('utf8'))
  } catch {
    // Without the parser’s own error, which quotes the text.
    const words = `${body.length} bytes of ${contentType || 'no type'} with status ${status} are not JSON`
    const code = matchInstagramError({ status, contentType }) ?? 'unreadable'
    throw new InstagramError(code, evidence, { cause: new SyntaxError(words) })
  }
  const error = errorSchema.safeParse(json).data
  if (error) {
    const { type, message, traceId } = error
    // Instagram quotes malformed tokens in its messages.
    const clean = (text: string | undefined) => text && escapeControls(mask(text) ?? '')
    const said = { ...error, type: clean(type), message: clean(message), traceId: clean(traceId) }
    throw new InstagramError(matchInstagramError({ ...error, status }) ?? 'unknown', { ...evidence, ...said })
  }
  if (status > 299) {
    const code = matchInstagramError({ status }) ?? (status < 400 ? 'unreadable' : 'unknown')
    throw new InstagramError(code, evidence)
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const code = lacksToken(parsed.error.issues) ? 'no_token_in_answer' : 'unreadable'
  throw new InstagramError(code, evidence, { cause: parsed.error })
}

/** Whether a response lacks its token, in whichever shape it is read. */
function lacksToken(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.some((issue) =>
    issue.code === 'invalid_union' && issue.errors.length > 0
      ? issue.errors.every(lacksToken)
      : issue.path.at(-1) === 'access_token' && issue.code !== 'too_big',
  )
}

/**
 * Parses JSON without rounding: every number but a safe integer becomes the string of its digits. Instagram sends ids of 17 digits as
 * numbers, about half of which `JSON.parse` alone would change.
 *
 * @throws {SyntaxError} which quotes the text: it may hold a secret
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
}

/** A reviver. TypeScript’s types lack the third argument (TC39 "JSON.parse source text access"). */
function keepDigits(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && source ? source : value
}

const countsSchema = z.object({
  call_count: z.number().catch(0),
  total_cputime: z.number().catch(0),
  total_time: z.number().catch(0),
  estimated_time_to_regain_access: z.number().catch(0),
})
const usageSchema = z.union([
  z.record(z.string(), z.array(countsSchema)).transform((uses) => Object.values(uses).flat()),
  countsSchema.transform((counts) => [counts]),
])

/** Reads `x-app-usage` and `x-business-use-case-usage`. Left out or malformed, they count as no usage. */
export function readUsage(headers: IncomingHttpHeaders): Usage {
  const all = [headers['x-app-usage'], headers['x-business-use-case-usage']].flatMap(countsIn)
  const percents = all.flatMap(({ call_count, total_cputime, total_time }) => [call_count, total_cputime, total_time])
  const minutes = all.map((counts) => counts.estimated_time_to_regain_access)
  return { percent: Math.max(0, ...percents), regainMs: Math.max(0, ...minutes) * MINUTE_MS }
}

function countsIn(header: unknown): z.output<typeof usageSchema> {
  if (typeof header !== 'string') return []
  try {
    return usageSchema.parse(JSON.parse(header))
  } catch {
    return []
  }
}
