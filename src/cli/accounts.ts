import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, accountJson, type AccountStatus, STATUSES } from '../accounts/account.ts'
import type { AccountsPage } from '../accounts/accounts.ts'
import { describeDisconnect } from '../accounts/disconnect.ts'
import { REFRESH_MESSAGES } from '../accounts/refresher.ts'
import { configFromEnvironment } from '../config.ts'
import type { Context } from '../context.ts'
import { formatTime } from '../time.ts'
import { accountsEnvironment, confirmHosts, openContext } from './environment.ts'
import { usageError } from './errors.ts'
import * as terminals from './terminal.ts'
import { ExitError, plainLine, print, say, styled, type Terminal } from './terminal.ts'
import { titleOf } from './token.ts'

/** Accounts that a terminal shows by default, and that are read at once. */
const PAGE_SIZE = 50
const REDRAW_INTERVAL_MS = 2000
const CLEAR_SCREEN = '\x1b[H\x1b[2J\x1b[3J'
const LONGEST_NAME = 31
const DEFAULT_COLUMNS = 80
const MARKS: Readonly<Record<AccountStatus, ['green' | 'yellow' | 'red' | 'gray', string]>> = {
  ok: ['green', '✓'],
  short_lived: ['yellow', '!'],
  expiring: ['yellow', '!'],
  needs_reconnect: ['red', '✗'],
  unreadable: ['red', '✗'],
  disconnected_by_instagram: ['gray', '–'],
}

const ACTIONS = new Map([
  ['refresh', refresh],
  ['disconnect', disconnect],
])

/** Options of the command. */
export interface AccountsOptions {
  search?: string
  status?: AccountStatus
  all?: boolean
  json?: boolean
  watch?: boolean
  yes?: boolean
}

/** What an action works with. */
interface Invocation {
  context: Context
  options: AccountsOptions
  terminal: Terminal
  /** Whether the result is shown to a person. */
  isPretty: boolean
}

/** `accounts`: lists the accounts, refreshes one, or disconnects one. */
export async function accounts(
  action: string | undefined,
  id: string | undefined,
  options: AccountsOptions,
  terminal: Terminal,
): Promise<void> {
  const run = action === undefined ? (options.watch ? watch : list) : ACTIONS.get(action)
  const isPretty = terminal.output.isTTY && !options.json
  if (!run) throw usageError(`There is no “${action ?? ''}”.`)
  if (action && !id) throw usageError(`Name the account to ${action}, by its id.`)
  if (run === watch && !isPretty)
    throw usageError('Only a terminal can be drawn again and again: leave --watch or --json out.')
  if (run === disconnect && !options.yes && !terminals.isInteractive(terminal))
    throw usageError('Nobody can be asked here whether that is sure: add --yes.')

  const [environment, parseOptions] = accountsEnvironment(terminal)
  if (run === refresh || run === disconnect) await confirmHosts(terminal, environment)
  const config = configFromEnvironment(environment, parseOptions)
  const site = config.instagram.redirectUri.replace(/\/$/, '')
  await using context = await openContext(config, {
    warn: terminals.warn.bind(null, terminal),
    reconnectUrl: (account) => new URL(`reconnect/${account.id}`, site).href,
  })
  await run({ context, options, terminal, isPretty }, id ?? '')
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

  if (page.more && options.search) say(terminal, 'There are more. A longer beginning finds fewer.')
  else if (page.more) say(terminal, 'There are more: add --all.')
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

/** A page of what is listed; a search has one page only, of this limit. */
function read({ accounts }: Context, { search, status }: AccountsOptions, after: string, limit: number) {
  return search ? accounts.search(search, { status, limit }) : accounts.page({ status, limit: PAGE_SIZE, after })
}

async function refresh({ context, options, terminal }: Invocation, id: string): Promise<void> {
  const before = await find(context, id)
  const { outcome, account } = await context.refresher.refresh(before.key)
  const json = account ? accountJson(account) : null
  const reason = outcome === 'failed' ? json?.status_reason : undefined
  const sentences = [titleOf(before), REFRESH_MESSAGES[outcome], reason].filter(Boolean).join(' ')
  print(terminal, options.json ? JSON.stringify({ outcome, account: json }) : sentences)
  if (outcome !== 'refreshed') throw new ExitError(1)
}

async function disconnect({ context, options, terminal }: Invocation, id: string): Promise<void> {
  using interruption = terminals.listenForInterruption()
  const account = await find(context, id)
  const question = `Disconnect ${titleOf(account)} (${plainLine(account.id)}), and delete its token here?`
  if (!options.yes && !(await terminals.confirm(terminal, question, interruption.signal))) {
    say(terminal, 'Nothing was done.')
    throw new ExitError(1)
  }
  const done = await context.disconnect(account.key)
  const sentence = plainLine(describeDisconnect(done ?? { account, isRevoked: false }))
  print(terminal, options.json ? JSON.stringify({ disconnected: !!done, revoked: !!done?.isRevoked }) : sentence)
  if (!done) throw new ExitError(1)
}

async function find({ accounts }: Context, id: string): Promise<Account> {
  const account = await accounts.findById(id)
  if (!account) throw new Error(`No account has the id ${id}.`)
  return account
}

/** Accounts for a terminal: one in a line, and below it what is wrong with it. */
function accountLines(accounts: readonly Account[], now: Date, { output }: Terminal): string[] {
  const names = accounts.map((account) => titleOf(account).slice(0, LONGEST_NAME))
  const ids = accounts.map(({ id }) => plainLine(id))
  const widthOf = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length))
  const widths = { status: widthOf(accounts.map(({ status }) => status)), name: widthOf(names), id: widthOf(ids) }
  const columns = output.columns || DEFAULT_COLUMNS
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
  const waiting = due > 0 ? [`${count(due)} due to be refreshed`] : []
  return [`${count(all)} ${all === 1 ? 'account' : 'accounts'}`, ...parts, ...waiting].join(', ')
}

function expiry({ status, tokenExpiresAt, dueAt }: Account, now: Date): string {
  if (status === 'needs_reconnect' || status === 'disconnected_by_instagram') return 'no valid token'
  if (!tokenExpiresAt) return 'has no end'
  const expires = `${tokenExpiresAt <= now ? 'expired' : 'expires'} ${formatTime(tokenExpiresAt, now).distance}`
  return dueAt ? `${expires}, refreshed ${formatTime(dueAt, now).distance}` : expires
}
