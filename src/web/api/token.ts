import type { RequestHandler } from 'express'
import type { Account } from '../../accounts/account.ts'
import { UnreadableTokenError } from '../../accounts/keyRing.ts'
import { inWords } from '../../accounts/status.ts'
import { reconnectUrl } from '../address.ts'
import type { ApiOptions } from './api.ts'
import { accountCalled } from './accounts.ts'
import { Problem } from './problem.ts'

/** A valid token, as OAuth 2.0 spells it (RFC 6749, section 5.1). */
export interface TokenJson {
  access_token: string
  token_type: 'bearer'
  /** Whole seconds that are left; `null`: it has no end. */
  expires_in: number | null
  /** The professional account's id; while Instagram has not told it, the app-scoped one. */
  user_id: string
  /** The scopes that the person granted; `null`: Instagram did not say. */
  permissions: readonly string[] | null
}

/** Why there is no valid token, and where that is mended. */
export interface NoToken {
  account_status: 'needs_reconnect' | 'unreadable' | 'disconnected_by_instagram'
  /** ISO 8601. */
  status_since: string
  /** In words. */
  reason: string | null
  /** Where a person connects the account again. */
  reconnect_url: string
}

const KEY_OR_RECONNECT =
  'Put the key that sealed the token back into TOKEN_KEYS, or connect the account again at “reconnect_url”.'

/**
 * Answers with the account's token, refreshed first if that is due; never with a dead one. While refreshing fails, the token
 * that we have is handed out as long as it lives.
 */
export function answerToken(options: ApiOptions): RequestHandler<{ id: string }> {
  const { accounts, refresher, now } = options
  return async (request, response) => {
    response.vary('Accept')
    const type = request.accepts(['application/json', 'text/plain'])
    if (!type) throw new Problem('not_acceptable')

    const found = await accountCalled(accounts, request.params.id)
    const isDue = found.dueAt !== null && found.dueAt <= now()
    const account = isDue ? await refresher.refresh(found.key) : found
    const token = account && (await tokenOf(account, options))
    if (!token) throw new Problem('unknown_account')

    if (type === 'text/plain') response.type(type).send(token.access_token)
    else response.json(token)
  }
}

/**
 * The account's token as it is now; `undefined`: the account has gone meanwhile.
 *
 * @throws {Problem} `no_valid_token`
 */
async function tokenOf(
  account: Account,
  { accounts, now, address }: ApiOptions,
): Promise<TokenJson | undefined> {
  const asked = now()
  const reconnect = { reconnect_url: reconnectUrl(address, account) }
  const loss = lossOf(account, asked)
  if (loss) throw noToken({ ...loss, ...reconnect })

  const accessToken = await accounts.accessToken(account.key).catch((error: unknown) => {
    if (!(error instanceof UnreadableTokenError)) throw error
    throw noToken({ ...lost('unreadable', asked, inWords('no_key')), ...reconnect }, error)
  })
  if (accessToken === undefined) return undefined
  return {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: secondsLeft(account, asked),
    user_id: account.userId ?? account.id,
    permissions: account.permissions,
  }
}

type Loss = Omit<NoToken, 'reconnect_url'>

function lossOf(account: Account, now: Date): Loss | null {
  const { status, statusSince, statusReason, tokenExpiresAt } = account
  if (status === 'needs_reconnect' || status === 'unreadable' || status === 'disconnected_by_instagram')
    return lost(status, statusSince, statusReason && inWords(statusReason))
  const left = secondsLeft(account, now)
  return left !== null && left < 1 ? lost('needs_reconnect', tokenExpiresAt ?? now, inWords('expired')) : null
}

function lost(status: Loss['account_status'], since: Date, reason: string | null): Loss {
  return { account_status: status, status_since: since.toISOString(), reason }
}

function secondsLeft({ tokenExpiresAt }: Account, now: Date): number | null {
  return tokenExpiresAt && Math.floor((tokenExpiresAt.getTime() - now.getTime()) / 1000)
}

function noToken(members: NoToken, cause?: Error): Problem {
  const isForOperator = members.account_status === 'unreadable'
  return new Problem('no_valid_token', {
    members: { ...members },
    ...(isForOperator && { detail: KEY_OR_RECONNECT }),
    cause,
  })
}
