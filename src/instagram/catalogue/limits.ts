import type { Entry, Place } from './entry.ts'

const CALLS = ['exchange', 'long_lived', 'me', 'refresh'] as const satisfies Place[]

const GRAPH = ['long_lived', 'me', 'refresh'] as const satisfies Place[]

/** Too much, or too often. */
export const limits = {
  throttled: {
    kind: 'throttled',
    shows: CALLS,
    signs: [
      { code: 4 },
      { code: 17 },
      { code: 32 },
      { code: 341 },
      { code: 420 },
      { code: 613 },
      { code: 80002 },
      { says: 'request limit reached' },
      { says: 'You have exceeded the maximum number of requests per hour' },
      { type: 'OAuthRateLimitException' },
      { status: 429 },
    ],
    status: 503,
    title: 'Instagram is asking us to slow down',
    mender: 'nobody',
    happened: 'This site has asked Instagram too often in the last hour.',
    advice: 'Your account is fine. Try again in an hour.',
    meaning:
      'A limit is used up, of the app or of one account. This app pauses for as long as Instagram’s usage headers say, and a quarter of an hour at least.',
    steps: ['Wait. See what else uses the same app ID.'],
    unconfirmed: 'No limit of the code exchange is recorded for today’s API.',
  },
  action_blocked: {
    kind: 'refused',
    shows: GRAPH,
    signs: [{ subcode: 2207051 }, { code: 4, transient: false }, { says: 'action is blocked' }],
    status: 503,
    title: 'Instagram has blocked this action',
    mender: 'instagram',
    happened: 'Instagram has stopped this for the account, and says that trying again will not help.',
    advice: 'Open Instagram and see what it says there. Wait a day before you try again.',
    meaning:
      'It looks like throttling (code 4), but is_transient is false, or the subcode is 2207051: Instagram takes the account’s doings for spam. Trying again makes it longer.',
    steps: ['Stop what is done in this account’s name for a day or more.', 'Let its owner look in the app.'],
  },
  account_blocked: {
    kind: 'refused',
    shows: GRAPH,
    signs: [{ code: 368 }],
    status: 503,
    title: 'Instagram has blocked this account for a while',
    mender: 'instagram',
    happened: 'Instagram has blocked the account for something that is against its rules.',
    advice: 'Open Instagram and see what it says there. Then try again.',
    meaning: 'Code 368: blocked for a while because of Meta’s policies.',
    steps: ['Let the owner look in the Instagram app, and wait.'],
  },
} as const satisfies Record<string, Entry>
