import type { Account } from '../accounts/account.ts'
import { validToken } from '../accounts/validToken.ts'
import { nameOf } from '../commands/accountLines.ts'
import { argumentsIn, UsageError } from '../commands/arguments.ts'
import { type Core, createCore } from '../core.ts'
import { open } from '../opening.ts'
import { readOptions } from '../host/readOptions.ts'
import { accessOptions, namingVariables } from './accessOptions.ts'
import type { Command } from './commands.ts'
import { deliver, DELIVERY_OPTIONS, deliveryIn } from './delivery.ts'
import { warn } from './terminal.ts'
import { forAccounts } from './userEnvironment.ts'

/** Accounts that are named where one is to be chosen. */
const NAMED = 5

/** Gives a token of a connected account that is valid now, refreshed first if that is due. */
export const token: Command = async (args, terminal) => {
  const { values, positionals } = argumentsIn({
    args: [...args],
    allowPositionals: true,
    options: DELIVERY_OPTIONS,
  })
  const [called, ...others] = positionals
  if (others.length > 0) throw new UsageError(`There is no place for “${others[0] ?? ''}”: name one account.`)
  const delivery = deliveryIn(values)

  const warnings: string[] = []
  const options = accessOptions(forAccounts(terminal.environment), (words) => warnings.push(words))
  const { settings, log, now, listeners } = await namingVariables(() => readOptions(options))
  await using ending = new AsyncDisposableStack()
  const opened = ending.adopt(await open(settings, now), (all) => all.close())
  const core = createCore({ ...opened, log, now, listeners, reconnectUrl: () => null })
  const account = called === undefined ? await onlyAccount(core) : await accountCalled(called, core)
  const delivered = { account, token: await validToken(account, core) }
  for (const words of warnings) warn(terminal, words)
  await deliver(delivered, delivery, terminal, now())
  return 0
}

async function onlyAccount({ roster }: Core): Promise<Account> {
  const { accounts, more } = await roster.page({ status: undefined, limit: NAMED, after: '' })
  const [account, ...others] = accounts
  if (!account) throw new Error('no account is connected yet. Connect one by: instagram-access-token')
  if (others.length === 0) return account
  const names = [...accounts.map(nameOf), ...(more ? ['…'] : [])].join(', ')
  throw new UsageError(`Several accounts are connected. Name one of them: ${names}`)
}

/** By its user name, with or without `@`, or by either of Instagram's ids. */
async function accountCalled(called: string, { accounts, roster }: Core): Promise<Account> {
  const found = /^\d+$/.test(called)
    ? await accounts.findById(called)
    : (await roster.search(called, { status: undefined, limit: NAMED })).accounts.find(
        ({ username }) => username?.toLowerCase() === called.replace(/^@/, '').toLowerCase(),
      )
  if (!found)
    throw new Error(`no account is called ${called}. Those that there are: instagram-access-token accounts`)
  return found
}
