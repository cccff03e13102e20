import type { Account } from './account.ts'
import type { Accounts } from './accounts.ts'
import { refreshableFrom, type Refresher } from './refresher.ts'

/** What comes of refreshing an account because somebody wants it now. */
export type RefreshOutcome =
  /** It has a new token. */
  | 'refreshed'
  /** Tried, and Instagram gave no new token. */
  | 'failed'
  /** Not tried: Instagram is being asked too often, or another process has it in hand. */
  | 'not_now'
  /** Instagram wants a token to be a day old. */
  | 'too_young'
  /** It has no end, or there is no valid token to begin with. */
  | 'not_refreshable'
  /** Disconnected. */
  | 'gone'

/** Each outcome in words, for whoever looks after the account. */
export const HAND_REFRESHES: Readonly<Record<RefreshOutcome, string>> = {
  refreshed: 'was refreshed.',
  failed: 'was not refreshed.',
  not_now:
    'was not tried: Instagram is being asked too often, or it is being refreshed elsewhere. It comes to its turn by itself.',
  too_young: 'cannot be refreshed yet: Instagram wants a token to be a day old.',
  not_refreshable: 'cannot be refreshed: its token has no end, or only connecting it again gives a new one.',
  gone: 'is not connected any more.',
}

/** Refreshes an account now if that is possible, and tells what came of it; `account`: as it is afterwards. */
export async function refreshByHand(
  { accounts, refresher, now }: { accounts: Accounts; refresher: Refresher; now: () => Date },
  key: string,
): Promise<{ outcome: RefreshOutcome; account: Account | undefined }> {
  const before = await accounts.find(key)
  if (!before) return { outcome: 'gone', account: undefined }
  const from = refreshableFrom(before)
  if (!from) return { outcome: 'not_refreshable', account: before }
  if (from > now()) return { outcome: 'too_young', account: before }

  const account = await refresher.refresh(key)
  if (!account) return { outcome: 'gone', account }
  if (account.tokenObtainedAt > before.tokenObtainedAt) return { outcome: 'refreshed', account }
  const unchanged = JSON.stringify(account) === JSON.stringify(before)
  // Failing once more for the same reason, before its turn, changes nothing about it.
  return { outcome: unchanged && !account.statusReason ? 'not_now' : 'failed', account }
}
