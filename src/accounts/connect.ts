import type { Instagram } from '../instagram/client.ts'
import { InstagramError } from '../instagram/failure.ts'
import type { Account } from './account.ts'
import type { Accounts } from './accounts.ts'

/** An account just connected, and what Instagram withheld on the way. */
export interface Connection {
  account: Account
  /** Why the token lasts one hour only, or the profile is missing. Each is for the log; the account tells that it is so. */
  failures: readonly InstagramError[]
}

/**
 * The second half of a login: code → short-lived token → long-lived token and profile → kept account. Once the code is
 * exchanged nothing that Instagram gave is lost: without the long-lived token the short-lived one is kept, without the profile
 * the id that came with the token.
 *
 * @throws {InstagramError} when the code cannot be exchanged
 */
export async function connectAccount(
  instagram: Instagram,
  accounts: Accounts,
  askedScopes: readonly string[],
  code: string,
): Promise<Connection> {
  const grant = await instagram.exchangeCode(code)
  const { kind, accessToken } = grant.token
  // A classic token is all that there is. Otherwise both are asked for at once, with the token that we have.
  const [longLived, profile] = await Promise.all([
    attempt(kind === 'classic' ? null : instagram.exchangeForLongLived(accessToken)),
    attempt(kind === 'classic' ? null : instagram.profile(accessToken)),
  ])
  const account = await accounts.connect({
    token: longLived.value ?? grant.token,
    userId: grant.userId,
    permissions: grant.permissions,
    askedScopes,
    profile: grant.profile ?? profile.value,
    withheld: longLived.failure?.reason,
  })
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
