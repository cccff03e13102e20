import type { Database } from '../storage/database.ts'
import type { Account } from './account.ts'
import { accountOf, STATUSES } from './accountRow.ts'
import type { AccountStatus } from './status.ts'

/** Matches of each of the three kinds that a search looks at. */
const SEARCHED = 500

/** Above every text that begins with what stands before it. */
const HIGHEST = '\u{10FFFF}'

/** Some of the accounts, for whoever looks after them. */
export interface RosterPage {
  accounts: Account[]
  /** Whether there are, or may be, others behind these. */
  more: boolean
}

/** What is wanted of the roster. */
export interface RosterQuery {
  /** `undefined`: whatever it is. */
  status: AccountStatus | undefined
  /** Accounts at most. */
  limit: number
}

/** How many accounts there are. */
export interface RosterCounts {
  all: number
  byStatus: Record<AccountStatus, number>
  /** Accounts whose turn to be refreshed has come. */
  due: number
}

/** The accounts, to be looked through. Each question is quick at a million accounts: it reads the rows that it answers with, or counts an index. */
export interface Roster {
  /** In the order of their ids, those after `after`. */
  page(query: RosterQuery & { after: string }): Promise<RosterPage>
  /**
   * Those whose user name, id or professional id begins like this; `@` and capitals make no difference. In the order of their names.
   * There are no further pages: a longer beginning finds fewer.
   */
  search(text: string, query: RosterQuery): Promise<RosterPage>
  counts(): Promise<RosterCounts>
}

/** The roster of a database. */
export function createRoster(database: Database, now: () => Date): Roster {
  return {
    async page({ status, after, limit }) {
      const rows = status
        ? await database.all(
            'SELECT * FROM accounts WHERE status = $1 AND id > $2 ORDER BY id LIMIT $3',
            status,
            after,
            limit + 1,
          )
        : await database.all('SELECT * FROM accounts WHERE id > $1 ORDER BY id LIMIT $2', after, limit + 1)
      return { accounts: rows.slice(0, limit).map(accountOf), more: rows.length > limit }
    },

    async search(text, { status, limit }) {
      const beginning = text.trim().replace(/^@/, '').toLowerCase()
      const found = await database.all(SEARCH, beginning, beginning + HIGHEST)
      const wanted = found.filter((row) => !status || row['status'] === status)
      return {
        accounts: wanted.slice(0, limit).map(accountOf),
        more: wanted.length > limit || found.length >= SEARCHED,
      }
    },

    async counts() {
      const rows = await database.all(
        `SELECT status AS name, COUNT(*) AS count FROM accounts WHERE status IN (${UNWELL}) GROUP BY status
         UNION ALL SELECT 'all', COUNT(*) FROM accounts
         UNION ALL SELECT 'due', COUNT(*) FROM accounts WHERE due_at <= $1`,
        now().getTime(),
      )
      const counted = new Map(rows.map(({ name, count }) => [name, Number(count)]))
      const count = (name: AccountStatus | 'all' | 'due') => counted.get(name) ?? 0
      const unwell = STATUSES.reduce((sum, status) => sum + count(status), 0)
      return { all: count('all'), due: count('due'), byStatus: byStatus(count, count('all') - unwell) }
    },
  }
}

// Most are well, and those are not counted one by one.
const UNWELL = STATUSES.filter((status) => status !== 'ok')
  .map((status) => `'${status}'`)
  .join(', ')

function byStatus(count: (status: AccountStatus) => number, ok: number): Record<AccountStatus, number> {
  const pairs = STATUSES.map((status) => [status, status === 'ok' ? ok : count(status)])
  return Object.fromEntries(pairs) as Record<AccountStatus, number>
}

const SEARCH = `SELECT * FROM (
  SELECT * FROM ${beginners('username')} UNION SELECT * FROM ${beginners('id')} UNION SELECT * FROM ${beginners('user_id')}
) AS found ORDER BY COALESCE(username, ''), id`

/** Each kind of match by its own index, and not all of them: everybody's professional id begins with the same digits. */
function beginners(column: string): string {
  return `(SELECT * FROM accounts WHERE ${column} >= $1 AND ${column} < $2 ORDER BY ${column} LIMIT ${SEARCHED}) AS by_${column}`
}
