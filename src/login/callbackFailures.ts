import type { Explanation } from '../instagram/catalogue/entry.ts'
import { AGAIN } from '../instagram/catalogue/words.ts'

/** Every way in which a person can come back other than well, and which is not Instagram’s doing. */
export type CallbackFailure =
  /** Neither `code` nor `error`: the address was opened by hand. */
  | 'no_answer'
  /** Something in the middle, or the person, cut our `state` off the address. */
  | 'state_missing'
  /** No cookie: blocked, or the login was started under another host name. */
  | 'cookie_missing'
  /** The login took more than ten minutes. */
  | 'state_expired'
  /** The state of another browser, or one that nobody made. */
  | 'state_foreign'
  /** A second answer to one question. */
  | 'state_used'
  /** A pasted address to which Instagram would not send anybody who comes from here. */
  | 'address_foreign'
  /** A login that began and never ended: the process stopped in the middle. */
  | 'interrupted'
  /** The account was disconnected since. */
  | 'account_gone'

const START = 'Go back and choose Get Started.'

/** What an operator sees to, so that cookies come back. */
export const ONE_ADDRESS =
  'See that people open this site under the host of INSTAGRAM_REDIRECT_URI, and under no other: a cookie of localhost is not sent to a tunnel’s address.'

/** What each of them means. */
export const callbackFailures = {
  cookie_missing: {
    status: 400,
    title: 'Your browser brought no cookie back',
    mender: 'person',
    happened:
      'We set a cookie when you chose Get Started, to be sure that it is you who comes back. It did not come back, or we no longer know it: cookies are blocked for this site, you started under another address of it, or it was too long ago.',
    advice: 'Allow cookies for this site, then go back and choose Get Started, staying in this browser.',
    meaning: 'The callback came without the session’s cookie.',
    steps: [ONE_ADDRESS, 'On https see that the proxy hands Set-Cookie on unchanged.'],
  },
  state_missing: {
    status: 400,
    title: 'This is not a whole answer from Instagram',
    mender: 'person',
    happened: 'The address lacks the “state” that we gave Instagram, so we cannot tell whose login this is.',
    advice: AGAIN,
    meaning: 'The callback has no state: it was opened by hand, or cut on the way.',
    steps: ['If it happens at every login, look for a proxy that takes parameters out of addresses.'],
  },
  state_expired: {
    status: 400,
    title: 'That took more than ten minutes',
    mender: 'person',
    happened:
      'The link to Instagram was older than ten minutes when you came back. For your safety it works no longer than that.',
    advice: AGAIN,
    meaning: 'The state was made more than ten minutes ago.',
    steps: ['If it happens at every login, set the clocks of all machines that run this app right.'],
  },
  state_foreign: {
    status: 403,
    title: 'This login was started elsewhere',
    mender: 'person',
    happened:
      'It was begun in another browser or a private window, under another address of this site, or before its cookie was deleted. We finish a login only where it was begun.',
    advice: 'Go back and choose Get Started in this browser.',
    meaning: 'The state was not made for the browser that brought it (in other programs: “state mismatch”).',
    steps: [ONE_ADDRESS, 'Otherwise nothing: this is how a login that somebody else began is kept out.'],
  },
  state_used: {
    status: 400,
    title: 'This login is over already',
    mender: 'person',
    happened: 'The link to Instagram was used before, and works once. This second answer was not taken.',
    advice: 'Go back: you see your account there if the first one worked, and Get Started if not.',
    meaning: 'A second code came for one state: Allow was pressed again after going back.',
    steps: [],
  },
  no_answer: {
    status: 400,
    title: 'Nothing came back from Instagram',
    mender: 'person',
    happened:
      'This page is where Instagram sends you after you authorize. It was opened without an answer from Instagram.',
    advice: START,
    meaning: 'The callback has neither code nor error: the address was opened by hand.',
    steps: ['If it happens at every login, look for a proxy that drops what stands behind “?”.'],
  },
  address_foreign: {
    status: 400,
    title: 'That address belongs to another site',
    mender: 'person',
    happened:
      'You pasted an address with an answer from Instagram, but Instagram does not send people of this site there.',
    advice: `${START} When you come to a page that does not load, copy its whole address and paste it here.`,
    meaning: 'Host and path of the pasted address are not those of INSTAGRAM_REDIRECT_URI.',
    steps: ['Compare the two, letter by letter, and start this app again after a change.'],
  },
  interrupted: {
    status: 503,
    title: 'We were interrupted',
    mender: 'nobody',
    happened: 'This site stopped in the middle of your login and cannot tell how it ended.',
    advice: 'Go back: you see your account there if it ended well, and Get Started if not.',
    meaning: 'The process that carried out this login ended, or could not write down how it went.',
    steps: ['Look in the log for why it ended.'],
  },
  account_gone: {
    status: 410,
    title: 'This account was disconnected',
    mender: 'person',
    happened: 'The login worked, but the account has been disconnected since, and its token forgotten.',
    advice: 'To connect it again, go back and choose Get Started.',
    meaning: 'The account of this callback is no longer stored.',
    steps: [],
  },
} satisfies Record<CallbackFailure, Explanation>
