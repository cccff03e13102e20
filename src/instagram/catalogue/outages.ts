import type { Entry, Place } from './entry.ts'
import { AGAIN, LATER } from './words.ts'

const CALLS = ['exchange', 'long_lived', 'me', 'refresh'] as const satisfies Place[]

const NOT_US = [
  'See whether this machine reaches Instagram: curl -I https://graph.instagram.com',
  'Otherwise wait: what was connected stays so, and refreshing is tried again by itself.',
]

/** Out of order, out of reach, out of sense: what mostly passes. And what nobody knows. */
export const outages = {
  temporary_failure: {
    kind: 'unavailable',
    shows: [...CALLS, 'callback'],
    signs: [
      { code: [1, 2] },
      { type: 'server_error' },
      { type: 'temporarily_unavailable' },
      { status: [500, 599] },
    ],
    status: 502,
    title: 'Instagram is out of order',
    mender: 'instagram',
    happened: 'Instagram says that something is broken on its side.',
    advice: LATER,
    meaning:
      'Code 1 or 2, a status of 500 or more, or one of the errors of RFC 6749 that mean the same. It passes.',
    steps: ['Wait: what was connected stays so, and refreshing is tried again by itself.'],
    unconfirmed: 'That Instagram ever sends the errors of RFC 6749 on the way back is not recorded.',
  },
  unreachable: {
    kind: 'unreachable',
    shows: CALLS,
    signs: [],
    status: 502,
    title: 'Instagram cannot be reached',
    mender: 'instagram',
    happened: 'We could not connect to Instagram, or the connection broke off before it answered.',
    advice: LATER,
    meaning:
      'No name, no connection, no TLS, or a connection that ended before an answer. The log has the cause.',
    steps: NOT_US,
  },
  timed_out: {
    kind: 'timed_out',
    shows: CALLS,
    signs: [],
    status: 504,
    title: 'Instagram is too slow',
    mender: 'instagram',
    happened: 'Instagram did not answer within ten seconds.',
    advice: LATER,
    meaning: 'Connecting and answering together took longer than ten seconds.',
    steps: NOT_US,
  },
  too_large: {
    kind: 'too_large',
    shows: CALLS,
    signs: [],
    status: 502,
    title: 'Instagram’s answer is far too long',
    mender: 'instagram',
    happened: 'Instagram’s answer makes no sense: it is far longer than an answer can be.',
    advice: LATER,
    meaning: 'We stopped reading at 1 MB. It is probably not Instagram that answers.',
    steps: NOT_US,
  },
  unreadable: {
    kind: 'unreadable',
    shows: CALLS,
    signs: [],
    status: 502,
    title: 'Instagram’s answer makes no sense',
    mender: 'instagram',
    happened: 'Instagram sent something that is not an answer we can read.',
    advice: LATER,
    meaning: 'HTML, nothing, a redirect, half an answer, or JSON of a shape that nobody has recorded.',
    steps: ['The log has the status and the type of what came: it may be a proxy that answers.', ...NOT_US],
  },
  unknown: {
    kind: 'refused',
    shows: ['page', 'callback', ...CALLS],
    signs: [],
    status: 502,
    title: 'Instagram refused, and we do not know why',
    mender: 'operator',
    happened: 'Instagram said no for a reason that we do not know yet.',
    advice: `${AGAIN} If it ends here again, tell whoever runs this site.`,
    meaning: 'These words of Instagram’s are in no list that we have.',
    steps: [
      'What Instagram answered this site is in the log, under the reference that the page shows. What somebody pasted is kept nowhere: ask for the words.',
      'Look the words up, with the code, and fbtrace_id for Meta’s support.',
    ],
  },
} as const satisfies Record<string, Entry>
