import { type Account, accountTitle } from '../accounts/account.ts'
import { tokenJson, validToken, type ValidToken } from '../accounts/tokens.ts'
import { configFromEnvironment } from '../config.ts'
import type { Context } from '../context.ts'
import { accountsEnvironment, confirmHosts, openContext } from './environment.ts'
import { setVariable } from './envFile.ts'
import { usageError } from './errors.ts'
import { plainLine, print, programName, say, styled, type Terminal, warn } from './terminal.ts'

/** Accounts that are named when one of them must be chosen. */
const NAMED = 5

/** Where a token goes: to the output, with `json` together with its expiry, IDs and permissions, or into variable `name` of file `env`. */
export interface DeliveryOptions {
  json?: boolean
  env?: string
  name?: string
  /** Whether the account is one of the sandbox's. */
  sandbox?: boolean
}

/** `token [account]`: gives a token that is valid now, refreshed first if that is due. */
export async function token(name: string | undefined, options: DeliveryOptions, terminal: Terminal): Promise<void> {
  checkDelivery(options)
  const [environment, parseOptions] = accountsEnvironment(terminal, options.sandbox)
  await confirmHosts(terminal, environment)
  const config = configFromEnvironment(environment, parseOptions)
  const warnings: string[] = []
  await using context = await openContext(config, (text) => warnings.push(text))
  const account = await chooseAccount(name, context, terminal)
  const valid = await validToken(account, context)
  for (const text of warnings) warn(terminal, text)
  await deliver(account, valid, options, terminal, context.now())
}

/** Checks the options of {@link deliver}. @throws {AppError} `usage` */
export function checkDelivery({ env, name }: DeliveryOptions): void {
  if (env === '') throw usageError('--env must name a file, such as .env.')
  if (name === undefined) return
  if (env === undefined) throw usageError('--name requires --env, which names the file.')
  if (!/^[A-Za-z_]\w*$/.test(name)) throw usageError('--name must be a variable name: letters, digits and underscores.')
  if (name === '__proto__')
    throw usageError('--name cannot be __proto__: JavaScript programs cannot read such a variable.')
}

/** Prints the token, or writes it to a file. */
export async function deliver(
  { id, username }: Account,
  valid: ValidToken,
  { json = false, env, name = 'INSTAGRAM_ACCESS_TOKEN' }: DeliveryOptions,
  terminal: Terminal,
  now: Date,
): Promise<void> {
  const { access_token, ...rest } = tokenJson(valid, now)
  if (env !== undefined) {
    const { wasOpen } = await setVariable(env, name, access_token)
    if (wasOpen) warn(terminal, `Other users could read ${plainLine(env)}. Now only its owner can.`)
    say(terminal, `${styled(terminal.messages, 'green', '✓')} ${name} is set in ${plainLine(env)}.`)
  }
  if (json) print(terminal, JSON.stringify({ ...(env === undefined && { access_token }), ...rest, id, username }))
  else if (env === undefined) print(terminal, access_token)
}

/** The account’s title for a terminal. */
export function titleOf(account: Account): string {
  return plainLine(accountTitle(account))
}

/** The account with this `@username` or ID, or the only one. @throws Error in a sentence, if there is none, or if several could be meant */
export async function chooseAccount(name: string | undefined, { accounts, config }: Context, terminal: Terminal) {
  const flag = config.sandbox && !terminal.isProject ? ' --sandbox' : ''
  if (name !== undefined) {
    const username = name.replace(/^@/, '').toLowerCase()
    const isNamed = (account: Account) => account.username?.toLowerCase() === username
    const found = /^\d+$/.test(name)
      ? await accounts.findById(name)
      : (await accounts.search(name, { limit: NAMED })).accounts.find(isNamed)
    if (!found) throw new Error(`No account ${name}. List accounts: ${programName(terminal)} accounts${flag}`)
    return found
  }
  const page = await accounts.page({ limit: NAMED, after: '' })
  const [account, ...others] = page.accounts
  const hint = flag ? '' : ' For a test account of the sandbox, add --sandbox.'
  if (!account) throw new Error(`No account is connected. Connect one: ${programName(terminal)} login${flag}.${hint}`)
  if (others.length === 0) return account
  const names = [...page.accounts.map(titleOf), ...(page.more ? ['…'] : [])].join(', ')
  throw usageError(`Several accounts are connected. Name one of them: ${names}`)
}
