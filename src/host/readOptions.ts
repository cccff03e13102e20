import type { Logger } from 'pino'
import type { Account } from '../accounts/account.ts'
import type { AccountEvent, Listener } from '../accounts/events.ts'
import { ConfigError } from '../settings/config.ts'
import { logInto } from './hostLog.ts'
import type { AccessOptions, WebOptions } from './options.ts'
import { ofUnknownNames, optionsSchema, type Understood } from './optionsSchema.ts'
import type { Settings } from '../settings/settings.ts'
import { type Environment, isProduction } from '../settings/survey.ts'
import type { Hooks } from '../web/hooks.ts'

/** Options as they were understood, with the defaults of those that were left out. */
export interface ReadOptions {
  settings: Settings
  log: Logger
  now: () => Date
  listeners: readonly Listener[]
  upkeep: boolean
  reconnectUrl: ((account: Account) => string | null) | undefined
  hooks: Hooks
}

/**
 * Reads options as far as there is one right way to.
 *
 * @param environment Where NODE_ENV says whether this is production, unless an option does.
 * @param more Finds further mistakes in what is set.
 * @throws {ConfigError} naming every mistake at once
 */
export function readOptions(
  options: AccessOptions & WebOptions & Hooks,
  environment: Environment = process.env,
  more: (given: Record<string, unknown>) => readonly string[] = () => [],
): ReadOptions {
  const given = Object.fromEntries(Object.entries({ ...options }).filter(([, value]) => isSet(value)))
  const production = 'production' in given ? given['production'] === true : isProduction(environment)
  const { data, error } = optionsSchema.safeParse(given, { error: ofUnknownNames })
  const mistakes = [
    ...(error?.issues ?? []).map(({ message }) => message),
    ...contradictions(given, production),
    ...more(given),
  ]
  if (!data || mistakes.length > 0) throw new ConfigError(mistakes)
  const log = logInto(data.log)
  const { onEvent } = data
  return {
    settings: settingsOf(data, production),
    log,
    now: data.now ?? (() => new Date()),
    listeners: onEvent ? [safely(onEvent, log)] : [],
    upkeep: data.upkeep,
    reconnectUrl: data.reconnectUrl,
    hooks: { onConnected: data.onConnected, onFailure: data.onFailure, render: data.render },
  }
}

/** As in the environment, where what is empty is left out. */
function isSet(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== ''
  return Array.isArray(value) ? value.length > 0 : value != null
}

const CREDENTIALS = ['clientId', 'clientSecret', 'redirectUri'] as const

function* contradictions(given: Record<string, unknown>, production: boolean): Generator<string> {
  const missing = CREDENTIALS.filter((name) => given[name] === undefined)
  if (missing.length > 0)
    yield `${new Intl.ListFormat('en-GB').format(missing)} must be set: from your Instagram app, or from createSandbox() to begin with.`
  const overHttp = /^\s*http:\/\/([^/]*)/i.exec(String(given['redirectUri']))
  if (overHttp && production) yield 'redirectUri must start with https:// in production.'
  else if (overHttp && !/^(localhost|127\.0\.0\.1|\[::1\])(:|$)/i.test(overHttp[1] ?? ''))
    yield 'redirectUri must start with https://, unless it is on this machine (http://localhost).'
  if (!production) return
  if (given['sandbox'] === true)
    yield 'sandbox must be left out in production: there people connect no real account.'
  if (given['sessionSecrets'] === undefined)
    yield 'sessionSecrets must be set in production: at least one secret of 32 characters or more.'
  if (given['tokenKeys'] === undefined)
    yield 'tokenKeys must be set in production: at least one, written as id:base64 of 32 bytes.'
}

function settingsOf(data: Understood, production: boolean): Settings {
  const { clientId, clientSecret, redirectUri, scopes, authorizeUrl, tokenUrl, graphUrl, graphVersion } = data
  return {
    production,
    instagram: {
      clientId,
      clientSecret,
      redirectUri,
      scopes,
      authorizeUrl,
      tokenUrl,
      graphUrl,
      graphVersion,
    },
    sandbox: data.sandbox,
    databaseUrl: data.databaseUrl,
    sessionSecrets: data.sessionSecrets,
    tokenKeys: data.tokenKeys,
    refreshDaysBeforeExpiry: data.refreshDaysBeforeExpiry,
    metaAppSecrets: data.metaAppSecret === undefined ? [] : [data.metaAppSecret],
    webhook: data.webhook,
    returnToOrigins: data.returnToOrigins,
    showToken: data.showToken ?? !production,
    apiKeys: data.apiKeys,
    adminPassword: data.adminPassword,
    takesTokens: data.takesTokens,
  }
}

/** A host's mistake must not undo what has happened. */
function safely(onEvent: (event: AccountEvent) => unknown, log: Logger): Listener {
  return (event) => {
    Promise.try(onEvent, event).catch((error: unknown) => {
      log.error({ err: error, type: event.type, account: event.account.id }, 'onEvent failed')
    })
  }
}
