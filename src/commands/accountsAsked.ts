import { STATUSES } from '../accounts/accountRow.ts'
import type { AccountStatus } from '../accounts/status.ts'
import { argumentsIn, UsageError } from './arguments.ts'

/** What the accounts command is asked to do. */
export type Asked = {
  /** Whether programs read the answer. */
  json: boolean
} & (
  | {
      deed: 'list'
      /** How a name or an id begins; empty: whatever they are. */
      search: string
      /** `undefined`: whatever it is. */
      status: AccountStatus | undefined
      /** Whether a terminal is shown every one of them. */
      all: boolean
      /** Whether the list is drawn again and again. */
      watch: boolean
    }
  | { deed: 'refresh'; id: string }
  | {
      deed: 'disconnect'
      id: string
      /** Whether it is sure. */
      yes: boolean
    }
)

/** How the command is used, by whoever calls it so. */
export function usage(command: string): string {
  const uses = {
    '': 'lists the accounts',
    '--search harbour': 'those whose name or id begins so',
    '--status needs_reconnect': `those of one status: ${STATUSES.join(', ')}`,
    '--all | --json | --watch': 'every one; for programs; drawn again every two seconds',
    'refresh <id>': 'refreshes a token now',
    'disconnect <id> [--yes]': 'forgets an account and its token',
  }
  return Object.entries(uses)
    .map(([words, does]) => `${command} ${words.padEnd(26)}${does}`)
    .join('\n')
}

/**
 * Reads what stands behind the command.
 *
 * @throws {UsageError}
 */
export function askedOf(args: readonly string[]): Asked {
  const { values, positionals } = argumentsIn({
    args: [...args],
    allowPositionals: true,
    options: {
      search: { type: 'string' },
      status: { type: 'string' },
      all: { type: 'boolean' },
      json: { type: 'boolean' },
      watch: { type: 'boolean' },
      yes: { type: 'boolean' },
    },
  })
  const { json = false, yes = false, all = false, watch = false, search = '', status } = values
  const [deed, id, ...others] = positionals
  if (others.length > 0) throw new UsageError(`There is no place for “${others[0] ?? ''}”.`)
  if (deed === undefined)
    return { deed: 'list', json, search: search.trim(), status: known(status), all, watch }
  if (deed !== 'refresh' && deed !== 'disconnect') throw new UsageError(`There is no “${deed}”.`)
  if (!id) throw new UsageError(`Name the account to ${deed}, by its id.`)
  return deed === 'refresh' ? { deed, id, json } : { deed, id, json, yes }
}

function known(status: string | undefined): AccountStatus | undefined {
  const found = STATUSES.find((name) => name === status)
  if (status !== undefined && !found) throw new UsageError(`There is no status “${status}”.`)
  return found
}
