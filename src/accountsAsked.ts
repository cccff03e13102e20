import { parseArgs } from 'node:util'
import { STATUSES } from './accounts/accountRow.ts'
import type { AccountStatus } from './accounts/status.ts'

/** What `npm run accounts` is asked to do. */
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

/** The command is not understood: why, in a sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** How the command is used. */
export const USAGE = `npm run accounts                               lists the accounts
npm run accounts -- --search harbour           those whose name or id begins so
npm run accounts -- --status needs_reconnect   those of one status: ${STATUSES.slice(0, 3).join(', ')},
                                               ${STATUSES.slice(3).join(', ')}
npm run accounts -- --all | --json | --watch   every one; for programs; drawn again every two seconds
npm run accounts -- refresh <id>               refreshes a token now
npm run accounts -- disconnect <id> [--yes]    forgets an account and its token`

/**
 * Reads what stands behind the command.
 *
 * @throws {UsageError}
 */
export function askedOf(args: readonly string[]): Asked {
  const { values, positionals } = parsed(args)
  const { json = false, yes = false, all = false, watch = false, search = '', status } = values
  const [deed, id, ...others] = positionals
  if (others.length > 0) throw new UsageError(`There is no place for “${others[0] ?? ''}”.`)
  if (deed === undefined)
    return { deed: 'list', json, search: search.trim(), status: known(status), all, watch }
  if (deed !== 'refresh' && deed !== 'disconnect') throw new UsageError(`There is no “${deed}”.`)
  if (!id) throw new UsageError(`Name the account to ${deed}, by its id.`)
  return deed === 'refresh' ? { deed, id, json } : { deed, id, json, yes }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
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
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function known(status: string | undefined): AccountStatus | undefined {
  const found = STATUSES.find((name) => name === status)
  if (status !== undefined && !found) throw new UsageError(`There is no status “${status}”.`)
  return found
}
