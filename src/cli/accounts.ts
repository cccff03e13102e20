import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, accountJson, type AccountStatus, STATUSES } from '../accounts/account.ts'
import type { AccountsPage } from '../accounts/accounts.ts'
import { describeDisconnect } from '../accounts/disconnect.ts'
import { REFRESH_MESSAGES } from '../accounts/refresher.ts'
import { configFromEnvironment } from '../config.ts'
import type { Context } from '../context.ts'
import { postgresName, sqliteFile } from '../databaseUrl.ts'
import { formatTime } from '../time.ts'
import { accountsEnvironment, confirmHosts, openContext, rememberedAppId } from './environment.ts'
import { usageError } from './errors.ts'
import * as terminals from './terminal.ts'
import { ExitError, plainLine, print, say, styled, type Terminal } from './terminal.ts'
import { chooseAccount, titleOf } from './token.ts'

/** Accounts that a terminal shows by default, and that are read at once. */
const PAGE_SIZE = 50
const REDRAW_INTERVAL_MS = 2000
const CLEAR_SCREEN = '\x1b[H\x1b[2J\x1b[3J'
const LONGEST_NAME = 31
const MARKS: Readonly<Record<AccountStatus, ['green' | 'yellow' | 'red' | 'gray', string]>> = {
  ok: ['green', '✓'],
  short_lived: ['yellow', '!'],
  expiring: ['yellow', '!'],
  needs_reconnect: ['red', '✗'],
  unreadable: ['red', '✗'],
  disconnected_by_instagram: ['gray', '–'],
}

const ACTIONS = new Map([
  ['status', status],
  ['refresh', refresh],
  ['disconnect', disconnect],
])

/** Options of the commands. */
export interface AccountsOptions {
  search?: string
  status?: AccountStatus
  all?: boolean
  json?: boolean
  watch?: boolean
  yes?: boolean
  sandbox?: boolean
}

/** What an action works with. */
interface Invocation {
  context: Context
  options: AccountsOptions
  terminal: Terminal
  /** Whether the result is shown to a person. */
  isPretty: boolean
}

/** `accounts`: lists the accounts, refreshes one, or disconnects one. `status` and `logout` are two of its actions. */
export async function accounts(
  action: string | undefined,
  name: string | undefined,
  options: AccountsOptions,
  terminal: Terminal,
): Promise<void> {
  const run = action === undefined ? (options.watch ? watch : list) : ACTIONS.get(action)
  const isPretty = terminal.output.isTTY && !options.json
  if (!run) throw usageError(`Unknown action “${action ?? ''}”.`)
  if (run === watch && !isPretty) throw usageError('--watch requires a terminal, and goes without --json.')
  if (run === disconnect && !options.yes && !terminals.isInteractive(terminal))
    throw usageError('Not a terminal: add --yes to confirm.')

  const [environment, parseOptions] = accountsEnvironment(terminal, options.sandbox)
  if (run === refresh || run === disconnect) await confirmHosts(terminal, environment)
  const config = configFromEnvironment(environment, parseOptions)
  await using context = await openContext(config, terminals.warn.bind(null, terminal))
  await run({ context, options, terminal, isPretty }, name)
}

/** Prints the database, the app ID and the accounts. Exits with status 1 unless there is an account and all have a valid token. */
async function status(invocation: Invocation): Promise<void> {
  const { context, options, terminal } = invocation
  const { databaseUrl, instagram } = context.config
  const database = sqliteFile(databaseUrl) ?? postgresName(databaseUrl)
  const clientId = instagram.clientId || rememberedAppId()
  const { all, byStatus } = await context.accounts.counts()
  if (options.json)
    print(terminal, JSON.stringify({ database, client_id: clientId ?? null, accounts: all, by_status: byStatus }))
  else {
    print(terminal, `Database: ${database}\nApp ID: ${clientId ?? 'unknown until the first login'}\n`)
    await list({ ...invocation, isPretty: true })
  }
  const { needs_reconnect, unreadable, disconnected_by_instagram } = byStatus
  if (all === 0 || needs_reconnect + unreadable + disconnected_by_instagram > 0) throw new ExitError(1)
}

async function list({ context, options, terminal, isPretty }: Invocation): Promise<void> {
  const isShort = isPretty && !options.all
  let page: AccountsPage | undefined
  do {
    page = await read(context, options, page?.accounts.at(-1)?.id ?? '', isShort ? PAGE_SIZE : Infinity)
    if (isPretty) for (const line of accountLines(page.accounts, context.now(), terminal)) print(terminal, line)
    else
      for (const account of page.accounts)
        print(terminal, options.json ? JSON.stringify(accountJson(account)) : tabbedLine(account))
  } while (page.more && !isShort && !options.search)

  if (page.more && options.search) say(terminal, 'There are more. Search for a longer beginning of the name or ID.')
  else if (page.more) say(terminal, 'There are more. To list them, add --all.')
  if (isPretty) print(terminal, await countsLine(context, terminal))
}

/** Draws the list until Ctrl-C. */
async function watch({ context, options, terminal }: Invocation): Promise<void> {
  using interruption = terminals.listenForInterruption()
  const { signal } = interruption
  while (!signal.aborted) {
    const page = await read(context, options, '', PAGE_SIZE)
    const lines = accountLines(page.accounts, context.now(), terminal).slice(0, Math.max(1, terminal.output.rows - 3))
    const counts = await countsLine(context, terminal)
    terminal.output.write(CLEAR_SCREEN)
    print(terminal, [counts, '', ...lines].join('\n'))
    await sleep(REDRAW_INTERVAL_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** One page of accounts. A search returns a single page of at most this many. */
function read({ accounts }: Context, { search, status }: AccountsOptions, after: string, limit: number) {
  return search ? accounts.search(search, { status, limit }) : accounts.page({ status, limit: PAGE_SIZE, after })
}

async function refresh({ context, options, terminal }: Invocation, name?: string): Promise<void> {
  const before = await chooseAccount(name, context, terminal)
  const { outcome, account } = await context.refresher.refresh(before.key)
  const json = account ? accountJson(account) : null
  const reason = outcome === 'failed' ? json?.status_reason : undefined
  const sentences = [`The token of ${titleOf(before)}`, REFRESH_MESSAGES[outcome], reason].filter(Boolean).join(' ')
  print(terminal, options.json ? JSON.stringify({ outcome, account: json }) : sentences)
  if (outcome !== 'refreshed') throw new ExitError(1)
}

async function disconnect({ context, options, terminal }: Invocation, name?: string): Promise<void> {
  using interruption = terminals.listenForInterruption()
  const account = await chooseAccount(name, context, terminal)
  const question = `Disconnect ${titleOf(account)} (${plainLine(account.id)}) and delete its token here?`
  if (!options.yes && !(await terminals.confirm(terminal, question, interruption.signal))) {
    say(terminal, 'Cancelled.')
    throw new ExitError(1)
  }
  // Somebody else may have disconnected it since.
  const done = (await context.disconnect(account.key)) ?? { account, isRevoked: false }
  const sentence = context.config.sandbox ? 'Disconnected.' : plainLine(describeDisconnect(done))
  print(terminal, options.json ? JSON.stringify({ disconnected: true, revoked: done.isRevoked }) : sentence)
}

/** One line for each account, and its problem on the next line. */
function accountLines(accounts: readonly Account[], now: Date, { output }: Terminal): string[] {
  const names = accounts.map((account) => titleOf(account).slice(0, LONGEST_NAME))
  const ids = accounts.map(({ id }) => plainLine(id))
  const widthOf = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length))
  const widths = { status: widthOf(accounts.map(({ status }) => status)), name: widthOf(names), id: widthOf(ids) }
  const columns = output.columns || Infinity
  return accounts.flatMap((account, row) => {
    const [color, mark] = MARKS[account.status]
    const status = styled(output, color, `${mark} ${account.status.padEnd(widths.status)}`)
    const rest = `${names[row]?.padEnd(widths.name) ?? ''}  ${ids[row]?.padEnd(widths.id) ?? ''}  ${expiry(account, now)}`
    const line = `${status}  ${rest.slice(0, Math.max(0, columns - widths.status - 4)).trimEnd()}`
    const reason = accountJson(account).status_reason
    return reason === null ? [line] : [line, styled(output, 'dim', `  → ${reason}`.slice(0, columns))]
  })
}

/** An account for programs without JSON, with tabs between its user name, ids, status, expiry, next refresh and status reason. */
function tabbedLine(account: Account): string {
  const { username, id, user_id, status, token_expires_at, next_refresh_at, status_reason } = accountJson(account)
  const cells = [username, id, user_id, status, token_expires_at, next_refresh_at, status_reason]
  return cells.map((cell) => plainLine(cell ?? '')).join('\t')
}

/** How many accounts there are, in all and of each status. */
async function countsLine({ accounts }: Context, { output }: Terminal): Promise<string> {
  const { all, byStatus, due } = await accounts.counts()
  const count = terminals.formatCount
  const parts = STATUSES.filter((status) => byStatus[status] > 0).map((status) =>
    styled(output, MARKS[status][0], `${count(byStatus[status])} ${status}`),
  )
  const waiting = due > 0 ? [`${count(due)} due for a refresh`] : []
  return [`${count(all)} ${all === 1 ? 'account' : 'accounts'}`, ...parts, ...waiting].join(', ')
}

function expiry({ status, tokenExpiresAt, dueAt }: Account, now: Date): string {
  if (status === 'needs_reconnect' || status === 'disconnected_by_instagram') return 'no valid token'
  if (!tokenExpiresAt) return 'doesn’t expire'
  const expires = `${tokenExpiresAt <= now ? 'expired' : 'expires'} ${formatTime(tokenExpiresAt, now).distance}`
  return dueAt ? `${expires}, refreshed ${formatTime(dueAt, now).distance}` : expires
}
