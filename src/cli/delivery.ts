import type { Account } from '../accounts/account.ts'
import { tokenJson } from '../accounts/tokenJson.ts'
import type { ValidToken } from '../accounts/validToken.ts'
import { UsageError } from '../commands/arguments.ts'
import { nameOf } from '../commands/accountLines.ts'
import { inOneLine } from '../commands/plainText.ts'
import { moment } from '../web/moment.ts'
import { setVariable } from './envFile.ts'
import { say, styled, type Terminal } from './terminal.ts'

/** The options of every command that gives a token. */
export const DELIVERY_OPTIONS = {
  json: { type: 'boolean' },
  env: { type: 'string' },
  name: { type: 'string' },
} as const

/** Where a token is wanted. */
export interface Delivery {
  /** Whether programs read the answer. */
  json: boolean
  /** A variable of a file, in place of the output. */
  variable: { file: string; name: string } | undefined
}

/**
 * Reads where a token is wanted.
 *
 * @throws {UsageError}
 */
export function deliveryIn(values: {
  json?: boolean | undefined
  env?: string | undefined
  name?: string | undefined
}): Delivery {
  const { json = false, env: file, name = 'INSTAGRAM_ACCESS_TOKEN' } = values
  if (values.name !== undefined && file === undefined)
    throw new UsageError('--name goes with --env, which names the file.')
  if (file === '') throw new UsageError('--env must name a file, such as .env.')
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new UsageError('--name must be the name of a variable: letters, digits and underscores.')
  if (name === '__proto__')
    throw new UsageError('--name cannot be __proto__: programs in JavaScript find no variable of that name.')
  return { json, variable: file === undefined ? undefined : { file, name } }
}

/** A token, and whose it is. */
export interface Delivered {
  account: Account
  token: ValidToken
}

/** Gives the token where it is wanted: to the output, alone, unless it goes into a file. */
export async function deliver(
  { account, token }: Delivered,
  { json, variable }: Delivery,
  terminal: Terminal,
  now: Date,
): Promise<void> {
  if (variable) {
    await setVariable(variable.file, variable.name, token.accessToken)
    say(terminal, `${styled(terminal, 'green', '✓')} ${variable.name} is set in ${inOneLine(variable.file)}.`)
  }
  const { access_token, ...rest } = tokenJson(token, now)
  const about = { id: account.id, username: account.username }
  if (json)
    terminal.output.write(`${JSON.stringify({ ...(!variable && { access_token }), ...rest, ...about })}\n`)
  else if (!variable) terminal.output.write(`${access_token}\n`)
}

/** Says whose token it is, and how long it lives. */
export function sayWhose({ account, token }: Delivered, terminal: Terminal, now: Date): void {
  const { expiresAt } = token
  const end = expiresAt && moment(expiresAt, now)
  const life = end ? `good until ${end.date} (${end.distance})` : 'without an end'
  say(
    terminal,
    `${styled(terminal, 'green', '✓')} ${styled(terminal, 'bold', nameOf(account))}: a token ${life}.`,
  )
}
