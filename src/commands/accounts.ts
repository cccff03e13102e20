import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { config as readDotenv } from 'dotenv'
import { accountLines, countsLine, nameOf, plainLine } from './accountLines.ts'
import type { Account } from '../accounts/account.ts'
import { accountJson } from '../accounts/accountJson.ts'
import { createKeeping, type Keeping } from '../accounts/keeping.ts'
import { HAND_REFRESHES, refreshByHand } from '../accounts/refreshByHand.ts'
import { type Asked, askedOf, usage } from './accountsAsked.ts'
import { UsageError } from './arguments.ts'
import { failedBy, inJson, inWords } from './failure.ts'
import { type Config, readConfig } from '../settings/config.ts'
import { inLines } from './plainText.ts'
import { createInstagram } from '../instagram/client.ts'
import { withKeptSecrets } from '../settings/secrets.ts'
import { openDatabase } from '../storage/database.ts'
import type { Environment } from '../settings/survey.ts'
import { addressOf, reconnectUrl } from '../web/address.ts'

/** Accounts that a terminal is shown unless it wants all, and that are read at once. */
const PAGE_SIZE = 50

/** Milliseconds between two drawings of a list that is watched. */
const REDRAWN_EVERY_MS = 2000

/** Tells a terminal to begin anew. */
const EMPTIED = '\x1b[H\x1b[2J\x1b[3J'

type Wanted<Deed extends Asked['deed']> = Extract<Asked, { deed: Deed }>
type Parts = Keeping & { now: () => Date }

if (import.meta.main) {
  readDotenv({ quiet: true })
  process.exitCode = await accountsCommand(process.argv.slice(2), process.env, 'npm run accounts --')
}

/**
 * What is asked → settings → database → answer. Returns the status; 1: could not be done; 2: not understood.
 *
 * @param command How whoever asks calls it, for what is said of its use.
 */
export async function accountsCommand(
  args: readonly string[],
  environment: Environment,
  command: string,
): Promise<number> {
  process.stdout.on('error', () => process.exit()) // Whoever read it, such as `head`, has had enough.
  try {
    const asked = askedOf(args)
    const inTerminal = process.stdout.isTTY && !asked.json
    if (asked.deed === 'list' && asked.watch && !inTerminal)
      throw new UsageError('Only a terminal can be drawn again and again: leave --watch or --json out.')
    if (asked.deed === 'disconnect' && !asked.yes && !process.stdin.isTTY)
      throw new UsageError('Nobody can be asked here whether that is sure: add --yes.')
    return (await run(await withKeptSecrets(readConfig(environment)), asked)) ? 0 : 1
  } catch (error) {
    if (args.includes('--json')) console.log(inJson(failedBy(error)))
    console.error(error instanceof UsageError ? `${inWords(error)}\n\n${usage(command)}` : inWords(error))
    return error instanceof UsageError ? 2 : 1
  }
}

/** Does what is asked, and tells whether it could be done. */
async function run(config: Config, asked: Asked): Promise<boolean> {
  await using ending = new AsyncDisposableStack()
  const now = () => new Date()
  const database = ending.adopt(await openDatabase(config.databaseUrl), (opened) => opened.close())
  const instagram = ending.adopt(createInstagram(config.instagram, now), (client) => client.close())
  const address = addressOf(config.instagram.redirectUri)
  const keeping = createKeeping({
    database,
    instagram,
    tokenKeys: config.tokenKeys,
    refreshDaysBeforeExpiry: config.refreshDaysBeforeExpiry,
    listeners: [],
    keepEvents: config.webhook !== undefined,
    reconnectUrl: (account) => reconnectUrl(address, account),
    onError: (error) => {
      console.error(inLines(error instanceof Error ? error.message : String(error)))
    },
    now,
  })
  const parts = { ...keeping, now }
  if (asked.deed === 'list') return await (asked.watch ? watch(parts, asked) : list(parts, asked))

  const account = await parts.accounts.findById(asked.id)
  if (!account) throw new Error(`No account has the id ${asked.id}.`)
  return await (asked.deed === 'refresh' ? refresh(parts, account, asked) : disconnect(parts, account, asked))
}

async function list({ roster, now }: Parts, asked: Wanted<'list'>): Promise<boolean> {
  const { search, json, all } = asked
  const pretty = process.stdout.isTTY && !json
  let after = ''
  for (;;) {
    const query = { ...asked, limit: search && (all || !pretty) ? Infinity : PAGE_SIZE }
    const { accounts, more } = search
      ? await roster.search(search, query)
      : await roster.page({ ...query, after })
    if (pretty) for (const line of accountLines(accounts, now(), process.stdout.columns)) console.log(line)
    else
      for (const account of accounts)
        console.log(json ? JSON.stringify(accountJson(account)) : plainLine(account))

    if (search && more) console.error('There are more. A longer beginning finds fewer.')
    else if (more && pretty && !all) console.error('There are more: add --all.')
    if (!more || search || (pretty && !all)) break
    after = accounts.at(-1)?.id ?? ''
  }
  if (pretty) console.log(countsLine(await roster.counts()))
  return true
}

/** Until Ctrl-C. */
async function watch({ roster, now }: Parts, asked: Wanted<'list'>): Promise<boolean> {
  const stopping = new AbortController()
  process.once('SIGINT', () => {
    stopping.abort()
  })
  const query = { ...asked, limit: PAGE_SIZE, after: '' }
  while (!stopping.signal.aborted) {
    const page = await (asked.search ? roster.search(asked.search, query) : roster.page(query))
    const { columns, rows } = process.stdout
    const lines = accountLines(page.accounts, now(), columns).slice(0, Math.max(1, rows - 3))
    process.stdout.write(`${EMPTIED}${[countsLine(await roster.counts()), '', ...lines].join('\n')}\n`)
    await sleep(REDRAWN_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
  }
  return true
}

async function refresh(parts: Parts, before: Account, { json }: Asked): Promise<boolean> {
  const { outcome, account } = await refreshByHand(parts, before.key)
  const reason = outcome === 'failed' && account ? accountJson(account).status_reason : null
  const words = [nameOf(before), HAND_REFRESHES[outcome], reason].filter(Boolean).join(' ')
  console.log(json ? JSON.stringify({ outcome, account: account ? accountJson(account) : null }) : words)
  return outcome === 'refreshed'
}

async function disconnect(
  { accounts }: Parts,
  account: Account,
  asked: Wanted<'disconnect'>,
): Promise<boolean> {
  const title = nameOf(account)
  if (
    !asked.yes &&
    !(await isSure(`Disconnect ${title} (${account.id}), and delete its token here? [y/N] `))
  ) {
    console.error('Nothing was done.')
    return false
  }
  const disconnected = await accounts.remove(account.key)
  console.log(
    asked.json ? JSON.stringify({ disconnected }) : `${title} was disconnected: its token is deleted here.`,
  )
  return disconnected
}

async function isSure(question: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  const closed = once(asking, 'close').then(() => '')
  const answer = await Promise.race([asking.question(question), closed])
  asking.close()
  return /^y(es)?$/i.test(answer.trim())
}
