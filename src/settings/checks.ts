import { z } from 'zod'
import { webhookSecret } from '../accounts/webhookMessage.ts'

// What a setting may look like, and what it is when it is left out, whether it comes as a variable or as an option. `name` is what whoever
// sets it knows it by; each mistake is a sentence that begins with it, and shows no value.

/** A list: several, or text in which they stand apart by commas or blanks. */
const list = (name: string) =>
  z
    .union([z.string(), z.array(z.string()).readonly()], `${name} must be text, or a list of texts.`)
    .transform((given) =>
      typeof given === 'string' ? given.split(/[\s,]+/).filter(Boolean) : given.map((text) => text.trim()),
    )

/** An http or https address. */
export const webAddress = (name: string) =>
  z
    .string(`${name} must be an address that starts with https:// (or http://).`)
    .trim()
    .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), {
      error: `${name} must be an address that starts with https:// (or http://).`,
      abort: true,
    })

/** Where Instagram sends people back. Stays as it is written, letter by letter. */
export const redirectUri = (name: string) =>
  webAddress(name)
    .refine((text) => !/[?#]/.test(text), `${name} must have no query (?) and no fragment (#).`)
    .refine((text) => !new URL(text).username, `${name} must have no user name.`)
    .refine((text) => !new URL(text).pathname.includes('//'), `${name} must not have // in its path.`)

/** Where people authorize. Instagram switched api.instagram.com off for that in August 2026; most guides still name it. */
export const authorizeUrl = (name: string) =>
  webAddress(name)
    .refine(
      (text) => new URL(text).hostname !== 'api.instagram.com',
      `${name} names api.instagram.com, where nobody can authorize since August 2026: use https://www.instagram.com/oauth/authorize.`,
    )
    .default('https://www.instagram.com/oauth/authorize')

/** Where codes are exchanged. */
export const tokenUrl = (name: string) =>
  webAddress(name).default('https://api.instagram.com/oauth/access_token')

/** Where everything else of the API is; without slashes at the end. */
export const graphUrl = (name: string) =>
  webAddress(name)
    .transform((text) => text.replace(/\/+$/, ''))
    .default('https://graph.instagram.com')

/** The version in the path of `/me`. */
export const graphVersion = (name: string) =>
  z
    .string(`${name} must be written like v26.0.`)
    .regex(/^v\d+\.\d+$/, `${name} must be written like v26.0.`)
    .default('v26.0')

/** What is asked for. */
export const scopes = (name: string) =>
  list(name)
    .refine((names) => names.length > 0, `${name} must name at least one scope.`)
    .default(['instagram_business_basic'])

/** Schemes, hosts and ports, as a browser writes them. None by default. */
export const origins = (name: string) =>
  list(name)
    .refine((texts) => texts.every((text) => /^https?:\/\/[^/?#@]+\/?$/i.test(text) && URL.canParse(text)), {
      error: `${name} must be origins, written like https://app.example.com.`,
      abort: true,
    })
    .transform((texts) => texts.map((text) => new URL(text).origin))
    .default([])

/** Secrets that sign, or keys of the API. None by default. */
export const secrets = (name: string) =>
  list(name)
    .refine(
      (texts) => texts.length > 0 && texts.every((secret) => secret.length >= 32),
      `${name} must be secrets of at least 32 characters each, separated by commas, newest first.`,
    )
    .default([])

/** Keys that seal tokens. None by default. */
export const tokenKeys = (name: string) =>
  list(name)
    .transform((keys) =>
      keys.map((entry) => {
        const [, id = '', base64 = ''] = /^([\w-]+):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? []
        return { id, secret: Buffer.from(base64, 'base64') }
      }),
    )
    .refine((keys) => keys.length > 0 && keys.every((key) => key.id !== '' && key.secret.length === 32), {
      error: `${name} must be keys written as id:base64 of 32 bytes, separated by commas, newest first.`,
      abort: true,
    })
    .refine(
      (keys) => new Set(keys.map((key) => key.id)).size === keys.length,
      `${name} must give each key an id of its own.`,
    )
    .default([])

/** Secrets that sign webhooks. */
export const webhookSecrets = (name: string) =>
  list(name).transform((texts, context) => {
    try {
      if (texts.length > 0) return texts.map(webhookSecret)
    } catch {
      // Said below.
    }
    context.addIssue(
      `${name} must be written as whsec_ and base64 of 24 to 64 bytes, separated by commas, newest first.`,
    )
    return z.NEVER
  })

/** The database that accounts are kept in. */
export const databaseUrl = (name: string) => {
  const error = `${name} must be a file, written like file:./data/accounts.db, or a PostgreSQL database, like postgres://user:password@host:5432/database.`
  return z
    .string(error)
    .trim()
    .regex(/^(file:|postgres(ql)?:\/\/)./, error)
    .default('file:./data/accounts.db')
}

/** Days before its end from which a token is refreshed. */
export const daysBeforeExpiry = (name: string) => {
  const error = `${name} must be a number of days from 1 to 50.`
  return z.coerce
    .number(error)
    .refine((count) => count >= 1 && count <= 50, error)
    .default(10)
}

/** The password of whoever runs the site. */
export const adminPassword = (name: string) => {
  const error = `${name} must have at least 12 characters.`
  return z.string(error).min(12, error)
}
