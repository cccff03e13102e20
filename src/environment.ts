import { isIP } from 'node:net'
import { z } from 'zod'
import { webhookSecret } from './accounts/webhookMessage.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** pino's levels, from the fewest lines to the most, and none at all. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** How the app itself speaks https: with a certificate that it makes, or one that is there; `undefined`: not at all. */
export type HttpsSetting = 'self-signed' | { certificateFile: string; keyFile: string } | undefined

const onOff = (name: string) =>
  z
    .enum(['on', 'off', 'true', 'false', '1', '0'], `${name} must be on or off.`)
    .transform((word) => ['on', 'true', '1'].includes(word))

const portNumber = (name: string) =>
  z.coerce
    .number(`${name} must be a whole number from 1 to 65535.`)
    .refine((port) => Number.isInteger(port) && port >= 1 && port <= 65535, {
      error: `${name} must be a whole number from 1 to 65535.`,
    })

const webAddress = (name: string) =>
  z
    .string()
    .trim()
    .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), {
      error: `${name} must be an address that starts with https:// (or http://).`,
      abort: true,
    })

const words = z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean))

const redirectUri = webAddress('INSTAGRAM_REDIRECT_URI')
  .refine((text) => !/[?#]/.test(text), 'INSTAGRAM_REDIRECT_URI must have no query (?) and no fragment (#).')
  .refine((text) => !new URL(text).username, 'INSTAGRAM_REDIRECT_URI must have no user name.')
  .refine((text) => /^\/response\/?$/.test(new URL(text).pathname), {
    error:
      'INSTAGRAM_REDIRECT_URI must have the path /response: that is where this app waits for people to come back.',
  })

// Instagram switched this address off in August 2026; most guides still name it.
const authorizeUrl = webAddress('INSTAGRAM_AUTHORIZE_URL').refine(
  (text) => new URL(text).hostname !== 'api.instagram.com',
  'INSTAGRAM_AUTHORIZE_URL names api.instagram.com, where nobody can authorize since August 2026: use https://www.instagram.com/oauth/authorize.',
)

const graphUrl = webAddress('INSTAGRAM_GRAPH_URL').transform((text) => text.replace(/\/+$/, ''))

const secrets = (name: string) =>
  words.refine(
    (list) => list.length > 0 && list.every((secret) => secret.length >= 32),
    `${name} must be secrets of at least 32 characters each, separated by commas, newest first.`,
  )

const days = z.coerce
  .number('REFRESH_DAYS_BEFORE_EXPIRY must be a number of days from 1 to 50.')
  .refine(
    (count) => count >= 1 && count <= 50,
    'REFRESH_DAYS_BEFORE_EXPIRY must be a number of days from 1 to 50.',
  )

const webhookSecrets = words.transform((list, context) => {
  try {
    if (list.length > 0) return list.map(webhookSecret)
  } catch {
    // Said below.
  }
  context.addIssue(
    'WEBHOOK_SECRETS must be written as whsec_ and base64 of 24 to 64 bytes, separated by commas, newest first.',
  )
  return z.NEVER
})

const https = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine(
    (parts) =>
      parts.length === 1
        ? ['off', 'self-signed'].includes(parts[0] ?? '')
        : parts.length === 2 && parts.every(Boolean),
    'HTTPS must be self-signed, or the files of a certificate and of its key, as in cert.pem,key.pem.',
  )
  .transform(([first = '', keyFile]): HttpsSetting => {
    if (keyFile !== undefined) return { certificateFile: first, keyFile }
    return first === 'self-signed' ? first : undefined
  })

const tokenKeys = words
  .transform((keys) =>
    keys.map((entry) => {
      const [, id = '', base64 = ''] = /^([\w-]+):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? []
      return { id, secret: Buffer.from(base64, 'base64') }
    }),
  )
  .refine((keys) => keys.length > 0 && keys.every((key) => key.id !== '' && key.secret.length === 32), {
    error: 'TOKEN_KEYS must be keys written as id:base64 of 32 bytes, separated by commas, newest first.',
    abort: true,
  })
  .refine(
    (keys) => new Set(keys.map((key) => key.id)).size === keys.length,
    'TOKEN_KEYS must give each key an id of its own.',
  )

const trustProxy = z
  .string()
  .transform((text) => {
    if (['on', 'true'].includes(text)) return true
    if (['off', 'false'].includes(text)) return false
    return /^\d+$/.test(text) ? Number(text) : text.split(/[\s,]+/).filter(Boolean)
  })
  .refine((trusted) => !Array.isArray(trusted) || trusted.every(isProxyAddress), {
    error:
      'TRUST_PROXY must be on, off, the number of proxies in front, or their addresses separated by commas.',
  })

function isProxyAddress(text: string): boolean {
  const [address = '', prefix = '1', ...rest] = text.split('/')
  const named = ['loopback', 'linklocal', 'uniquelocal'].includes(text)
  const longest = isIP(address) === 6 ? 128 : 32
  return (
    named ||
    (isIP(address) !== 0 && rest.length === 0 && /^\d+$/.test(prefix) && +prefix >= 1 && +prefix <= longest)
  )
}

/** Every variable that is read, with its default; each mistake is a sentence that names the variable and shows no value. */
export const variables = z.object({
  NODE_ENV: z.string().optional(),
  INSTAGRAM_CLIENT_ID: z.string().trim().optional(),
  INSTAGRAM_CLIENT_SECRET: z.string().trim().optional(),
  INSTAGRAM_REDIRECT_URI: redirectUri.optional(),
  META_APP_SECRET: z.string().trim().optional(),
  INSTAGRAM_SCOPES: words
    .refine((scopes) => scopes.length > 0, 'INSTAGRAM_SCOPES must name at least one scope.')
    .default(['instagram_business_basic']),
  INSTAGRAM_AUTHORIZE_URL: authorizeUrl.default('https://www.instagram.com/oauth/authorize'),
  INSTAGRAM_TOKEN_URL: webAddress('INSTAGRAM_TOKEN_URL').default(
    'https://api.instagram.com/oauth/access_token',
  ),
  INSTAGRAM_GRAPH_URL: graphUrl.default('https://graph.instagram.com'),
  INSTAGRAM_GRAPH_VERSION: z
    .string()
    .regex(/^v\d+\.\d+$/, 'INSTAGRAM_GRAPH_VERSION must be written like v26.0.')
    .default('v26.0'),
  HOST: z.string().trim().default('127.0.0.1'),
  PORT: portNumber('PORT').default(3000),
  HTTPS: https.optional(),
  TRUST_PROXY: trustProxy.default(false),
  DATABASE_URL: z
    .string()
    .trim()
    .regex(
      /^(file:|postgres(ql)?:\/\/)./,
      'DATABASE_URL must be a file, written like file:./data/accounts.db, or a PostgreSQL database, like postgres://user:password@host:5432/database.',
    )
    .default('file:./data/accounts.db'),
  REFRESH_DAYS_BEFORE_EXPIRY: days.default(10),
  API_KEYS: secrets('API_KEYS').default([]),
  ADMIN_PASSWORD: z.string().min(12, 'ADMIN_PASSWORD must have at least 12 characters.').optional(),
  WEBHOOK_URL: webAddress('WEBHOOK_URL').optional(),
  WEBHOOK_SECRETS: webhookSecrets.default([]),
  SESSION_SECRETS: secrets('SESSION_SECRETS').default([]),
  TOKEN_KEYS: tokenKeys.default([]),
  SHOW_TOKEN: onOff('SHOW_TOKEN').optional(),
  SANDBOX_PORT: portNumber('SANDBOX_PORT').default(3001),
  LOG_LEVEL: z.enum(LOG_LEVELS, `LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`).default('info'),
})

/** Every variable, read. */
export type Variables = z.output<typeof variables>
