import { z } from 'zod'
import type { Account } from '../accounts/account.ts'
import type { AccountEvent } from '../accounts/events.ts'
import * as check from '../settings/checks.ts'
import type { Log } from './hostLog.ts'
import type { Hooks } from '../web/hooks.ts'

const text = (name: string) => z.string(`${name} must be text.`).trim()
const onOff = (name: string) => z.boolean(`${name} must be true or false.`)
const fn = <Function>(name: string) =>
  z.custom<Function>((given) => typeof given === 'function', `${name} must be a function.`)
const LEVELS = ['debug', 'info', 'warn', 'error'] as const

const ofPages = {
  showToken: onOff('showToken').optional(),
  apiKeys: check.secrets('apiKeys'),
  adminPassword: check.adminPassword('adminPassword').optional(),
  takesTokens: onOff('takesTokens').default(false),
  onConnected: fn<NonNullable<Hooks['onConnected']>>('onConnected').optional(),
  onFailure: fn<NonNullable<Hooks['onFailure']>>('onFailure').optional(),
  render: fn<NonNullable<Hooks['render']>>('render').optional(),
}

/** Every option, with its default; each mistake is a sentence that names the option and shows no value. */
export const optionsSchema = z.strictObject({
  clientId: text('clientId').default(''),
  clientSecret: text('clientSecret').default(''),
  redirectUri: check.redirectUri('redirectUri').default(''),
  scopes: check.scopes('scopes'),
  authorizeUrl: check.authorizeUrl('authorizeUrl'),
  tokenUrl: check.tokenUrl('tokenUrl'),
  graphUrl: check.graphUrl('graphUrl'),
  graphVersion: check.graphVersion('graphVersion'),
  databaseUrl: check.databaseUrl('databaseUrl'),
  sessionSecrets: check.secrets('sessionSecrets'),
  tokenKeys: check.tokenKeys('tokenKeys'),
  refreshDaysBeforeExpiry: check.daysBeforeExpiry('refreshDaysBeforeExpiry'),
  webhook: z
    .strictObject(
      { url: check.webAddress('webhook.url'), secrets: check.webhookSecrets('webhook.secrets') },
      'webhook must have an url and secrets, and nothing else.',
    )
    .optional(),
  metaAppSecret: text('metaAppSecret').optional(),
  returnToOrigins: check.origins('returnToOrigins'),
  production: onOff('production').optional(),
  sandbox: onOff('sandbox').default(false),
  log: z
    .custom<Log>(
      (given) => LEVELS.every((level) => typeof (given as Partial<Log>)[level] === 'function'),
      'log must have the methods debug, info, warn and error, as a pino logger and console have.',
    )
    .optional(),
  now: fn<() => Date>('now').optional(),
  onEvent: fn<(event: AccountEvent) => unknown>('onEvent').optional(),
  upkeep: onOff('upkeep').default(true),
  reconnectUrl: fn<(account: Account) => string | null>('reconnectUrl').optional(),
  ...ofPages,
})

/** What is said of names that are no options. */
export const ofUnknownNames: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'unrecognized_keys') return undefined
  const names = Object.keys(optionsSchema.shape)
  return issue.keys
    .map((key) => {
      const meant = names.find((name) => name.toLowerCase() === key.toLowerCase())
      return `${key} is no option${meant ? `: did you mean ${meant}?` : '.'}`
    })
    .join(' ')
}

/** What is said of options that are set, and go with pages that there are not. */
export function pagesMistakes(given: object): string[] {
  return Object.keys(given)
    .filter((name) => Object.hasOwn(ofPages, name))
    .map((name) => `${name} is no option of openInstagram: it goes with the pages of instagram().`)
}

/** Every option, read. */
export type Understood = z.output<typeof optionsSchema>
