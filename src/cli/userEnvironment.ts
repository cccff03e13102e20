import { join } from 'node:path'
import envPaths from 'env-paths'
import { isLoopback } from '../doctor/loopback.ts'
import { type Environment, isProduction } from '../settings/survey.ts'

/** The port of this machine that Instagram sends the browser back to, where nobody says otherwise. */
const PORT = '3000'

/** Refreshing asks for a token alone: accounts need no app. */
const NO_APP = {
  INSTAGRAM_CLIENT_ID: '0',
  INSTAGRAM_CLIENT_SECRET: 'none',
  INSTAGRAM_REDIRECT_URI: `https://localhost:${PORT}/response`,
}

/** The folder of this user where accounts, keys and certificate are kept. */
export function userFolder(): string {
  return envPaths('instagram-access-token', { suffix: '' }).data
}

/** An environment in which this user's accounts are those that are meant, unless it names a database. */
export function withUserDatabase(environment: Environment): Environment {
  return { DATABASE_URL: databaseIn(userFolder()), ...withoutEmpty(environment) }
}

/** Where the browser comes back, unless it is said: to this machine. */
export function withRedirectUri(environment: Environment): Environment {
  const given = withoutEmpty(environment)
  return { INSTAGRAM_REDIRECT_URI: `https://localhost:${given['PORT'] ?? PORT}/response`, ...given }
}

/** For work on accounts that a login got: without an app too, and with one whose people come back elsewhere than to our web app. */
export function forAccounts(environment: Environment): Environment {
  const given = withUserDatabase(environment)
  const { INSTAGRAM_CLIENT_ID: id, INSTAGRAM_CLIENT_SECRET: secret } = given
  if (!id || !secret) return { ...given, ...NO_APP }
  const { INSTAGRAM_REDIRECT_URI: uri = '' } = given
  return {
    ...given,
    INSTAGRAM_REDIRECT_URI: /\/response\/?$/.test(uri) ? uri : NO_APP.INSTAGRAM_REDIRECT_URI,
  }
}

/**
 * For the web app, which answers where a login on this machine does: https, by the same certificate. Without an app it is in the sandbox,
 * whose invented people stay out of the accounts.
 */
export function forSite(environment: Environment): Environment {
  const given = withoutEmpty(environment)
  if (!given['INSTAGRAM_CLIENT_ID'])
    return { DATABASE_URL: databaseIn(join(userFolder(), 'sandbox')), ...given }
  const site = withRedirectUri(withUserDatabase(given))
  const uri = URL.parse(site['INSTAGRAM_REDIRECT_URI'] ?? '')
  if (!uri || !isLoopback(uri) || isProduction(site)) return site
  return {
    ...(uri.port && { PORT: uri.port }),
    ...(uri.protocol === 'https:' && { HTTPS: 'self-signed' }),
    ...site,
  }
}

/** The database that lies in a folder. */
export function databaseIn(folder: string): string {
  return `file:${join(folder, 'accounts.db')}`
}

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()))
}
