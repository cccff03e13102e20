import { livingTokens } from '../accounts/keyInspection.ts'
import { checkAddresses } from './addresses.ts'
import { checkAppId, checkSecret } from './atInstagram.ts'
import { checkCredentials } from './credentials.ts'
import { checkHosts } from './hosts.ts'
import type { Installation } from './installation.ts'
import { checkDatabase, checkKeys } from './keeping.ts'
import { type Line, unknown } from './line.ts'
import { checkOwnAddress, checkRedirectUri } from './redirectUri.ts'
import { checkScopes } from './scopes.ts'
import { checkWritten } from './written.ts'

/** Milliseconds for each check. They go on side by side. */
const TIME_LIMIT_MS = 11_000

/** Tokens that the secret is tried with, until one of them is alive. */
const TOKENS_TRIED = 3

/** Looks at everything: what the settings say, what answers, what is kept, what Instagram makes of us. Changes nothing; never rejects. */
export async function examine(installation: Installation): Promise<Line[]> {
  const asked = await Promise.all([
    inTime('What answers there', checkOwnAddress(installation)),
    inTime('Instagram’s hosts', checkHosts(installation)),
    inTime('App ID', checkAppId(installation)),
    inTime('App secret', secretLines(installation)),
    inTime('Database', checkDatabase(installation)),
    inTime('Token keys', checkKeys(installation)),
  ])
  return [...checkWritten(installation), ...checkSettings(installation), ...asked.flat()]
}

/** What the settings tell by themselves, without asking anybody. */
export function checkSettings(
  installation: Pick<Installation, 'sandbox' | 'settings' | 'port' | 'https'>,
): Line[] {
  return [
    ...checkCredentials(installation),
    ...checkScopes(installation.settings.scopes),
    ...checkAddresses(installation),
    ...checkRedirectUri(installation),
  ]
}

async function secretLines({ instagram, database, tokenKeys, now }: Installation): Promise<Line[]> {
  const readable = typeof database === 'object' && !(database instanceof Error) && Array.isArray(tokenKeys)
  // A database that has no accounts yet, or cannot be read, is told of by its own line.
  const tokens = readable ? await livingTokens(database, tokenKeys, now(), TOKENS_TRIED).catch(() => []) : []
  return checkSecret(instagram, tokens)
}

/** What a check finds; `unknown` if that takes too long, or the check itself fails. */
async function inTime(name: string, check: Promise<Line[]>): Promise<Line[]> {
  const { promise: late, resolve } = Promise.withResolvers<Line[]>()
  const timer = setTimeout(() => {
    resolve([unknown(name, `Not known after ${TIME_LIMIT_MS / 1000} seconds.`, 'Do this again.')])
  }, TIME_LIMIT_MS)
  const failed = (error: unknown) => [
    unknown(name, `This could not be looked at: ${error instanceof Error ? error.message : String(error)}`),
  ]
  try {
    return await Promise.race([check.catch(failed), late])
  } finally {
    clearTimeout(timer)
  }
}
