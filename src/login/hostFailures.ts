import type { Explanation } from '../instagram/catalogue/entry.ts'

/** Every way in which a request can end other than well because of the app that we are mounted in. */
export type HostFailure =
  /** The database, or the file of a secret, could not be had yet. */
  'not_open'

/** What each of them means. */
export const hostFailures = {
  not_open: {
    status: 503,
    title: 'Logins with Instagram are not ready yet',
    mender: 'operator',
    happened:
      'This site could not open what it needs for them. It tries again by itself; it is nothing that you did.',
    advice: 'Wait ten seconds, then reload this page.',
    meaning: 'The database, or the file of a secret beside it, cannot be opened. The log says why.',
    steps: [
      'See whether the database that databaseUrl names runs, and who may read and write there. With the first request after ten seconds it is tried again.',
    ],
  },
} satisfies Record<HostFailure, Explanation>
