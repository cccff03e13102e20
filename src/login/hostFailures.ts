import type { Explanation } from '../instagram/catalogue/entry.ts'

/** Every way in which a request can end other than well because of the app that we are mounted in. */
export type HostFailure =
  /** The database, or the file of a secret, could not be had yet. */
  | 'not_open'
  /** Where we are mounted is not where people come back. */
  | 'mounted_elsewhere'
  /** What the app around us does after a login threw. */
  | 'host_failed'

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
  mounted_elsewhere: {
    status: 500,
    title: 'People would not come back here',
    mender: 'operator',
    happened:
      'This login is not set up right: Instagram would send you back to an address that is elsewhere.',
    advice: 'Tell whoever runs this site.',
    meaning:
      'The redirect URI does not lead to the path at which the router is mounted, so that the way back, and every link here, ends in a 404. The log names both.',
    steps: [
      'Mount it at the path of redirectUri without its last part: app.use("/instagram", instagram({ … })) for https://example.com/instagram/response.',
      'Or change redirectUri, here and in Meta’s dashboard → Instagram → API setup with Instagram login → 3. Set up Instagram business login → Business login settings → OAuth redirect URIs.',
      'A proxy in front may take the beginning of a path away, or put another in its place: then it has to send X-Forwarded-Prefix or X-Forwarded-For, as proxies do.',
    ],
  },
  host_failed: {
    status: 500,
    title: 'You are connected, but this site could not go on',
    mender: 'operator',
    happened:
      'The login with Instagram ended well, and your account is connected. What this site does after that failed.',
    advice: 'Go back to where you came from. If something is missing there, tell whoever runs this site.',
    meaning: 'onConnected of the app around us threw, or rejected. The account is connected all the same.',
    steps: [
      'The log has the error, under the reference that the page shows, on the line “onConnected failed”.',
    ],
  },
} satisfies Record<HostFailure, Explanation>
