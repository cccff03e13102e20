import { isIP } from 'node:net'
import { z } from 'zod'
import {
  adminPassword,
  authorizeUrl,
  databaseUrl,
  daysBeforeExpiry,
  graphUrl,
  graphVersion,
  redirectUri,
  scopes,
  secrets,
  tokenKeys,
  tokenUrl,
  webAddress,
  webhookSecrets,
} from './checks.ts'

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

// Where this app's own routes are.
const responseUri = redirectUri('INSTAGRAM_REDIRECT_URI').refine(
  (text) => /^\/response\/?$/.test(new URL(text).pathname),
  'INSTAGRAM_REDIRECT_URI must have the path /response: that is where this app waits for people to come back.',
)

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
  INSTAGRAM_REDIRECT_URI: responseUri.optional(),
  META_APP_SECRET: z.string().trim().optional(),
  INSTAGRAM_SCOPES: scopes('INSTAGRAM_SCOPES'),
  INSTAGRAM_AUTHORIZE_URL: authorizeUrl('INSTAGRAM_AUTHORIZE_URL'),
  INSTAGRAM_TOKEN_URL: tokenUrl('INSTAGRAM_TOKEN_URL'),
  INSTAGRAM_GRAPH_URL: graphUrl('INSTAGRAM_GRAPH_URL'),
  INSTAGRAM_GRAPH_VERSION: graphVersion('INSTAGRAM_GRAPH_VERSION'),
  HOST: z.string().trim().default('127.0.0.1'),
  PORT: portNumber('PORT').default(3000),
  HTTPS: https.optional(),
  TRUST_PROXY: trustProxy.default(false),
  DATABASE_URL: databaseUrl('DATABASE_URL'),
  REFRESH_DAYS_BEFORE_EXPIRY: daysBeforeExpiry('REFRESH_DAYS_BEFORE_EXPIRY'),
  API_KEYS: secrets('API_KEYS'),
  ADMIN_PASSWORD: adminPassword('ADMIN_PASSWORD').optional(),
  WEBHOOK_URL: webAddress('WEBHOOK_URL').optional(),
  WEBHOOK_SECRETS: webhookSecrets('WEBHOOK_SECRETS').default([]),
  SESSION_SECRETS: secrets('SESSION_SECRETS'),
  TOKEN_KEYS: tokenKeys('TOKEN_KEYS'),
  SHOW_TOKEN: onOff('SHOW_TOKEN').optional(),
  SANDBOX_PORT: portNumber('SANDBOX_PORT').default(3001),
  LOG_LEVEL: z.enum(LOG_LEVELS, `LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`).default('info'),
})

/** The same where people come back to whatever path is registered: to the command line, or to an app around ours. */
export const variablesOfAnyPath = variables.extend({
  INSTAGRAM_REDIRECT_URI: redirectUri('INSTAGRAM_REDIRECT_URI').optional(),
})

/** Every variable, read. */
export type Variables = z.output<typeof variables>
