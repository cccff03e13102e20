import { setTimeout as sleep } from 'node:timers/promises'
import type { Instagram } from '../instagram/client.ts'
import { InstagramError } from '../instagram/failure.ts'
import { DatabaseUnavailableError } from '../storage/unavailable.ts'
import type { Account } from './account.ts'
import type { Accounts, Also } from './accounts.ts'
import type { Connected } from './connected.ts'

/** Milliseconds between tries to store a token while the database is away: a new one needs the person once more. */
const PAUSES_MS = [200, 800, 2_000]

/** Milliseconds after which it is not tried again: people wait no longer. */
const LONGEST_MS = 5_000

/** Instagram gave a token that could not be stored, and it is lost. The message is for the log: it names the account, never the token. */
export class TokenNotKeptError extends Error {
  override readonly name = 'TokenNotKeptError'

  /** @param id The id that came with the token. */
  constructor(id: string, options: ErrorOptions) {
    super(`Instagram gave a token for the account ${id}, and it could not be stored`, options)
  }
}

/** An account just connected, and what Instagram withheld on the way. */
export interface Connection {
  account: Account
  /** Why the token lasts one hour only, or the profile is missing. Each is for the log; the account tells that it is so. */
  failures: readonly InstagramError[]
}

/**
 * The second half of a login: code → short-lived token → long-lived token and profile → kept account. Once the code is
 * exchanged nothing that Instagram gave is lost: without the long-lived token the short-lived one is kept, without the profile
 * the id that came with the token. What `also` writes is kept together with the account.
 *
 * @throws {InstagramError} when the code cannot be exchanged
 * @throws {TokenNotKeptError} when it was, and the database does not take the token
 */
export async function connectAccount(
  instagram: Instagram,
  accounts: Accounts,
  askedScopes: readonly string[],
  code: string,
  also?: Also,
): Promise<Connection> {
  const grant = await instagram.exchangeCode(code)
  const { kind, accessToken } = grant.token
  // A classic token is all that there is. Otherwise both are asked for at once, with the token that we have.
  const [longLived, profile] = await Promise.all([
    attempt(kind === 'classic' ? null : instagram.exchangeForLongLived(accessToken)),
    attempt(kind === 'classic' ? null : instagram.profile(accessToken)),
  ])
  const connected = {
    token: longLived.value ?? grant.token,
    userId: grant.userId,
    permissions: grant.permissions,
    askedScopes,
    profile: grant.profile ?? profile.value,
    withheld: longLived.failure?.reason,
  }
  const account = await keep(accounts, connected, also)
  return { account, failures: [longLived.failure, profile.failure].filter((failure) => failure !== null) }
}

async function attempt<Value>(call: Promise<Value> | null) {
  try {
    return { value: await call, failure: null }
  } catch (error) {
    if (error instanceof InstagramError) return { value: null, failure: error }
    throw error
  }
}

async function keep(
  accounts: Accounts,
  connected: Connected,
  also: Also | undefined,
  pauses: readonly number[] = PAUSES_MS,
  began = performance.now(),
): Promise<Account> {
  try {
    return await accounts.connect(connected, also)
  } catch (cause) {
    const [pause, ...later] = pauses
    const mayPass = cause instanceof DatabaseUnavailableError && performance.now() - began < LONGEST_MS
    if (pause === undefined || !mayPass) throw new TokenNotKeptError(connected.userId, { cause })
    await sleep(pause)
    return keep(accounts, connected, also, later, began)
  }
}
