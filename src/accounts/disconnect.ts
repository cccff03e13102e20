import type { Config } from '../config.ts'
import type { InstagramClient } from '../instagram/client.ts'
import type { Logger } from '../log.ts'
import { type Account, accountTitle } from './account.ts'
import type { Accounts } from './accounts.ts'
import type { TokenCipher } from './tokenCipher.ts'

/** An account that was disconnected. */
export interface Disconnected {
  account: Account
  /** Whether Instagram says that it revoked the app's access. */
  isRevoked: boolean
}

/** Disconnects accounts. */
export type Disconnect = ReturnType<typeof createDisconnect>

/** Disconnects accounts of this app; with `revokeOnDisconnect` at Instagram too. */
export function createDisconnect(options: {
  config: Pick<Config, 'revokeOnDisconnect'>
  accounts: Accounts
  cipher: TokenCipher
  instagram: InstagramClient
  log: Logger
}) {
  const { config, accounts, cipher, instagram, log } = options

  /** Deletes the account and its token. Then Instagram has three seconds to revoke the access. `undefined`: it was not connected. */
  return async function disconnect(key: string): Promise<Disconnected | undefined> {
    const removed = await accounts.remove(key)
    if (!removed) return undefined
    const { account, encryptedToken } = removed
    if (!config.revokeOnDisconnect || !encryptedToken) return { account, isRevoked: false }
    try {
      await instagram.revoke(cipher.decrypt(encryptedToken, key))
      log.info({ account: account.id }, 'Instagram revoked the access of a disconnected account')
      return { account, isRevoked: true }
    } catch (error) {
      log.info({ err: error, account: account.id }, 'Instagram did not revoke the access of a disconnected account')
      return { account, isRevoked: false }
    }
  }
}

/** The result of a disconnect, for people. */
export function describeDisconnect({ account, isRevoked }: Disconnected, title = accountTitle(account)): string {
  const deleted = `${title} was disconnected, and its token was deleted.`
  if (isRevoked) return `${deleted} Access was also revoked on Instagram.`
  if (account.status === 'disconnected_by_instagram') return deleted
  return `${deleted} To revoke access on Instagram, remove the app there under Settings → Apps and websites.`
}
