import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, accountJson, type AccountStatus, STATUSES } from '../accounts/account.ts'
import type { AccountCounts, AccountsPage } from '../accounts/accounts.ts'
import { REFRESH_MESSAGES } from '../accounts/refresher.ts'
import { configFromEnvironment } from '../config.ts'
import type { Context } from '../context.ts'
import { formatTime } from '../time.ts'
import { openContext, withDatabase, withRedirectUri } from './environment.ts'
import { usageError } from './errors.ts'
import {
  confirm,
  ExitError,
  formatCount,
  isInteractive,
  listenForInterruption,
  plainLine,
  print,
  say,
  styled,
  type Terminal,
  warn,
} from './terminal.ts'
import { titleOf } from './token.ts'

/** Accounts that a terminal shows by default, and that are read at once. */
const PAGE_SIZE = 50

const REDRAW_INTERVAL_MS = 2000

/** Moves to the top left corner, and clears the screen and what has scrolled off it. */
const CLEAR_SCREEN = '\x1b[H\x1b[2J\x1b[3J'

const LONGEST_NAME = 31

/** Columns of a terminal that does not tell. */
const DEFAULT_COLUMNS = 80

const MARKS: Readonly<Record<AccountStatus, ['green' | 'yellow' | 'red' | 'gray', string]>> = {
  ok: ['green', '✓'],
  short_lived: ['yellow', '!'],
  expiring: ['yellow', '!'],
  needs_reconnect: ['red', '✗'],
  unreadable: ['red', '✗'],
  disconnected_by_instagram: ['gray', '–'],
}

/** Options of the command. */
export interface AccountsOptions {
  /** The beginning of a name or an id; blank: all accounts. */
  search?: string
  status?: AccountStatus
  /** Whether a terminal shows every account. */
  all?: boolean
  /** Whether a program reads the result. */
  json?: boolean
  /** Whether the list is drawn again every two seconds. */
  watch?: boolean
  /** Whether disconnecting needs no confirmation. */
  yes?: boolean
}

/** `accounts`: lists the accounts, refreshes one, or disconnects one. */
export async function accounts(
  action: string | undefined,
  id: string | undefined,
  options: AccountsOptions,
  terminal: Terminal,
): Promise<void> {
  if (action !== undefined && action !== 'refresh' && action !== 'disconnect')
    throw usageError(`There is no “${action}”.`)
  if (action && !id) throw usageError(`Name the account to ${action}, by its id.`)
  if (!action && options.watch && !isPretty(options, terminal))
    throw usageError('Only a terminal can be drawn again and again: leave --watch or --json out.')
  if (action === 'disconnect' && !options.yes && !isInteractive(terminal))
    throw usageError('Nobody can be asked here whether that is sure: add --yes.')

  const { isProject = false } = terminal
  const environment = isProject ? terminal.environment : withRedirectUri(withDatabase(terminal))
  const config = configFromEnvironment(environment, { anyRedirectPath: true, needsApp: isProject })
  await using context = await openContext(config, {
    warn: (text) => {
      warn(terminal, text)
    },
    reconnectUrl: ({ id }) =>
      new URL(`reconnect/${id}`, config.instagram.redirectUri.replace(/\/$/, '')).href,
  })
  if (!action) {
    await (options.watch ? watch : list)(context, options, terminal)
    return
  }
  const account = await context.accounts.findById(id ?? '')
  if (!account) throw new Error(`No account has the id ${id ?? ''}.`)
  await (action === 'refresh' ? refresh : disconnect)(context, account, options, terminal)
}

/** Whether the result is shown to a person. */
function isPretty({ json = false }: AccountsOptions, { output }: Terminal): boolean {
  return output.isTTY && !json
}

async function list(context: Context, options: AccountsOptions, terminal: Terminal): Promise<void> {
  const { json = false, all = false } = options
  const isShort = isPretty(options, terminal) && !all
  let page: AccountsPage | undefined
  do {
    page = await read(context, options, page?.accounts.at(-1)?.id ?? '', isShort)
    if (isPretty(options, terminal))
      for (const line of accountLines(page.accounts, context.now(), terminal)) print(terminal, line)
    else
      for (const account of page.accounts)
        print(terminal, json ? JSON.stringify(accountJson(account)) : tabbedLine(account))
  } while (page.more && !isShort && !options.search)

  if (page.more && options.search) say(terminal, 'There are more. A longer beginning finds fewer.')
  else if (page.more) say(terminal, 'There are more: add --all.')
  if (isPretty(options, terminal)) print(terminal, countsLine(await context.accounts.counts(), terminal))
}

/** Draws the list until Ctrl-C. */
async function watch(context: Context, options: AccountsOptions, terminal: Terminal): Promise<void> {
  using interruption = listenForInterruption()
  const { signal } = interruption
  const { output } = terminal
  while (!signal.aborted) {
    const page = await read(context, options, '', true)
    const lines = accountLines(page.accounts, context.now(), terminal)
    const counts = countsLine(await context.accounts.counts(), terminal)
    const shown = lines.slice(0, Math.max(1, output.rows - 3))
    output.write(`${CLEAR_SCREEN}${[counts, '', ...shown].join('\n')}\n`)
    await sleep(REDRAW_INTERVAL_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** One page of what is listed. A search has one page only. */
function read(
  { accounts }: Context,
  { search = '', status }: AccountsOptions,
  after: string,
  isShort: boolean,
): Promise<AccountsPage> {
  const text = search.trim()
  return text
    ? accounts.search(text, { status, limit: isShort ? PAGE_SIZE : Infinity })
    : accounts.page({ status, limit: PAGE_SIZE, after })
}

async function refresh(
  { refresher }: Context,
  before: Account,
  { json = false }: AccountsOptions,
  terminal: Terminal,
): Promise<void> {
  const { outcome, account } = await refresher.refresh(before.key)
  const known = account ? accountJson(account) : null
  const reason = outcome === 'failed' ? known?.status_reason : undefined
  const text = [titleOf(before), REFRESH_MESSAGES[outcome], reason].filter(Boolean).join(' ')
  print(terminal, json ? JSON.stringify({ outcome, account: known }) : text)
  if (outcome !== 'refreshed') throw new ExitError(1)
}

async function disconnect(
  { accounts }: Context,
  account: Account,
  { yes = false, json = false }: AccountsOptions,
  terminal: Terminal,
): Promise<void> {
  using interruption = listenForInterruption()
  const { signal } = interruption
  const message = `Disconnect ${titleOf(account)} (${plainLine(account.id)}), and delete its token here?`
  if (!yes && !(await confirm(terminal, { message, signal }))) {
    say(terminal, 'Nothing was done.')
    throw new ExitError(1)
  }
  const disconnected = await accounts.remove(account.key)
  print(
    terminal,
    json
      ? JSON.stringify({ disconnected })
      : `${titleOf(account)} was disconnected: its token is deleted here.`,
  )
  if (!disconnected) throw new ExitError(1)
}

/** Accounts for a terminal: one in a line, and below it what is wrong with it. */
function accountLines(accounts: readonly Account[], now: Date, { output }: Terminal): string[] {
  const rows = accounts.map((account) => ({
    status: account.status,
    name: titleOf(account).slice(0, LONGEST_NAME),
    id: plainLine(account.id),
    expiry: expiry(account, now),
    reason: accountJson(account).status_reason,
  }))
  const width = (cell: 'status' | 'name' | 'id') => Math.max(0, ...rows.map((row) => row[cell].length))
  const widths = { status: width('status'), name: width('name'), id: width('id') }
  const columns = output.columns || DEFAULT_COLUMNS
  return rows.flatMap(({ status, name, id, expiry, reason }) => {
    const [color, mark] = MARKS[status]
    const rest = `${name.padEnd(widths.name)}  ${id.padEnd(widths.id)}  ${expiry}`
    const room = Math.max(0, columns - widths.status - 4)
    return [
      `${styled(output, color, `${mark} ${status.padEnd(widths.status)}`)}  ${rest.slice(0, room).trimEnd()}`,
      ...(reason === null ? [] : [styled(output, 'dim', `  → ${reason}`.slice(0, columns))]),
    ]
  })
}

/** An account for programs without JSON, with tabs between its user name, ids, status, expiry, next refresh and status reason. */
function tabbedLine(account: Account): string {
  const { username, id, user_id, status, token_expires_at, next_refresh_at, status_reason } =
    accountJson(account)
  const cells = [username, id, user_id, status, token_expires_at, next_refresh_at, status_reason]
  return cells.map((cell) => plainLine(cell ?? '')).join('\t')
}

/** How many accounts there are, in all and of each status. */
function countsLine({ all, byStatus, due }: AccountCounts, { output }: Terminal): string {
  const parts = STATUSES.filter((status) => byStatus[status] > 0).map((status) =>
    styled(output, MARKS[status][0], `${formatCount(byStatus[status])} ${status}`),
  )
  const waiting = due > 0 ? [`${formatCount(due)} due to be refreshed`] : []
  return [`${formatCount(all)} ${all === 1 ? 'account' : 'accounts'}`, ...parts, ...waiting].join(', ')
}

function expiry({ status, tokenExpiresAt, dueAt }: Account, now: Date): string {
  if (status === 'needs_reconnect' || status === 'disconnected_by_instagram') return 'no valid token'
  if (!tokenExpiresAt) return 'has no end'
  const expires = `${tokenExpiresAt <= now ? 'expired' : 'expires'} ${formatTime(tokenExpiresAt, now).distance}`
  return dueAt ? `${expires}, refreshed ${formatTime(dueAt, now).distance}` : expires
}
