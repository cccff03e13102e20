import type { Bench } from './bench.ts'
import { apiReads } from './measures/apiReads.ts'
import { burst } from './measures/burst.ts'
import { growth } from './measures/growth.ts'
import { heap } from './measures/heap.ts'
import { logins } from './measures/logins.ts'
import { installSize } from './measures/installSize.ts'
import { postgres } from './measures/postgres.ts'
import { profile } from './measures/profile.ts'
import { refreshes } from './measures/refreshes.ts'
import { startPage } from './measures/startPage.ts'
import type { Table } from './table.ts'

/** Something that can be measured. */
export interface Measure {
  about: string
  run(bench: Bench): Promise<readonly Table[]>
}

/** Everything that can be measured, by the name that the command line gives it. */
export const MEASURES = {
  logins: { about: 'a login: CPU hot and fresh, rate, latency, start-up, memory', run: logins },
  'start-page': { about: 'the Get Started page: rate and CPU', run: startPage },
  burst: { about: '256 callbacks at once, Instagram taking 50 ms', run: burst },
  api: { about: 'tokens for programs: rate and CPU', run: apiReads },
  refreshes: { about: 'tokens refreshed a second', run: refreshes },
  growth: { about: 'a login, a token read and a refresh among few and many accounts', run: growth },
  postgres: {
    about: 'logins and refreshes with PostgreSQL, by 1, 2 and 4 processes, near and 5 ms away',
    run: postgres,
  },
  heap: { about: 'what stays in memory of 100 thousand logins', run: heap },
  install: { about: 'size of the package and of its production dependencies', run: installSize },
  profile: { about: 'where our CPU goes in a login, by package', run: profile },
} as const satisfies Record<string, Measure>

/** The name of a measure. */
export type MeasureName = keyof typeof MEASURES
