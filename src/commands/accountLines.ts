import { styleText } from 'node:util'
import type { Account } from '../accounts/account.ts'
import { accountJson } from '../accounts/accountJson.ts'
import { STATUSES } from '../accounts/accountRow.ts'
import type { RosterCounts } from '../accounts/roster.ts'
import type { AccountStatus } from '../accounts/status.ts'
import { inOneLine } from './plainText.ts'
import { number } from './progressBar.ts'
import { moment } from '../web/moment.ts'
import { titleOf } from '../web/operator/accountsView.ts'

const MARKS: Readonly<Record<AccountStatus, ['green' | 'yellow' | 'red' | 'gray', string]>> = {
  ok: ['green', '✓'],
  short_lived: ['yellow', '!'],
  expiring: ['yellow', '!'],
  needs_reconnect: ['red', '✗'],
  unreadable: ['red', '✗'],
  disconnected_by_instagram: ['gray', '–'],
}

const LONGEST_NAME = 31

/** What an account is called in a terminal. */
export function nameOf(account: Account): string {
  return inOneLine(titleOf(account))
}

/** Accounts for a terminal of so many columns (0: it does not tell): one in a line, and under it what is wrong with it. */
export function accountLines(accounts: readonly Account[], now: Date, told: number): string[] {
  const cells = accounts.map((account) => ({
    account,
    status: account.status,
    name: nameOf(account).slice(0, LONGEST_NAME),
    id: inOneLine(account.id),
    end: end(account, now),
  }))
  const width = (name: 'status' | 'name' | 'id') => Math.max(0, ...cells.map((cell) => cell[name].length))
  const widths = { status: width('status'), name: width('name'), id: width('id') }
  const columns = told > 0 ? told : 80
  return cells.flatMap(({ account, status, name, id, end }) => {
    const [colour, mark] = MARKS[status]
    const rest = `${name.padEnd(widths.name)}  ${id.padEnd(widths.id)}  ${end}`
    const room = Math.max(0, columns - widths.status - 4)
    const reason = accountJson(account).status_reason
    return [
      `${styled(colour, `${mark} ${status.padEnd(widths.status)}`)}  ${rest.slice(0, room).trimEnd()}`,
      ...(reason === null ? [] : [styled('dim', `  → ${reason}`.slice(0, columns))]),
    ]
  })
}

/** An account for a pipe: user name, id, professional id, status, end of the token, next refresh and what is wrong, with tabs between. */
export function plainLine(account: Account): string {
  const { username, id, user_id, status, token_expires_at, next_refresh_at, status_reason } =
    accountJson(account)
  const cells = [username, id, user_id, status, token_expires_at, next_refresh_at, status_reason]
  return cells.map((cell) => inOneLine(cell ?? '')).join('\t')
}

/** How many accounts there are, of each status that there is. */
export function countsLine({ all, byStatus, due }: RosterCounts): string {
  const parts = STATUSES.filter((status) => byStatus[status] > 0).map((status) =>
    styled(MARKS[status][0], `${number(byStatus[status])} ${status}`),
  )
  const waiting = due > 0 ? [`${number(due)} due to be refreshed`] : []
  return [`${number(all)} ${all === 1 ? 'account' : 'accounts'}`, ...parts, ...waiting].join(', ')
}

function end({ status, tokenExpiresAt, dueAt }: Account, now: Date): string {
  if (status === 'needs_reconnect' || status === 'disconnected_by_instagram') return 'no valid token'
  if (!tokenExpiresAt) return 'has no end'
  const ends = `${tokenExpiresAt <= now ? 'expired' : 'expires'} ${moment(tokenExpiresAt, now).distance}`
  return dueAt ? `${ends}, refreshed ${moment(dueAt, now).distance}` : ends
}

/** Only where a terminal reads it, and unless NO_COLOR is set. */
function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout })
}
