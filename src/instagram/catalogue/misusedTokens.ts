import type { Entry, Place } from './entry.ts'
import { CONNECT_AGAIN, LOGIN_SETUP, TELL_OPERATOR } from './words.ts'

const GRAPH = ['long_lived', 'me', 'refresh'] as const satisfies Place[]

/** What a token, or an id with it, is not good for. */
export const misusedTokens = {
  token_unparseable: {
    kind: 'token_invalid',
    shows: GRAPH,
    signs: [{ says: 'Cannot parse access token' }],
    status: 422,
    title: 'Instagram cannot read this token',
    mender: 'person',
    happened: 'It is not a token of Instagram’s , or not the whole of it, or something was copied along.',
    advice:
      'Copy the token again, without quotes or blanks, or go back and choose Get Started to get a new one.',
    meaning:
      'A token of one product was shown to the other: IGAA… goes to graph.instagram.com, EAA… to graph.facebook.com. Or quotes and blanks from a settings file came along.',
    steps: [`Take a token of ${LOGIN_SETUP} → Generate access tokens, or let the person choose Get Started.`],
  },
  already_long_lived: {
    kind: 'already_long_lived',
    shows: ['long_lived'],
    signs: [{ says: 'Session key invalid' }],
    status: 502,
    title: 'This token is long-lived already',
    mender: 'operator',
    happened: 'When it was to be exchanged, Instagram answered as if this token lasted for 60 days already.',
    advice: 'Go back and paste it under “I have a token already”: it is kept alive there.',
    meaning:
      'Tokens of Generate access tokens in Meta’s dashboard are long-lived from the start: refresh them, do not exchange them. What is pasted under “I have a token already” is treated so by itself.',
    steps: ['Nothing here. In another program: refresh it (ig_refresh_token), do not exchange it.'],
  },
  permission_missing: {
    kind: 'not_permitted',
    shows: GRAPH,
    signs: [{ says: 'does not have permission for this action' }, { code: 10 }, { code: [200, 299] }],
    status: 403,
    title: 'A permission is missing',
    mender: 'person',
    happened:
      'Instagram says that the permission is gone: it was not given, was taken back, or is asked for only since then.',
    advice: 'Go back, choose Get Started, and leave the boxes ticked on Instagram’s page.',
    meaning:
      'A scope was not granted, or was added to INSTAGRAM_SCOPES after the token was made: an old token gains none.',
    steps: [
      'See that INSTAGRAM_SCOPES asks for what the call needs; instagram_business_basic is always needed.',
      CONNECT_AGAIN,
      'For people who are no testers the permission needs App Review (Advanced access).',
    ],
  },
  refresh_too_young: {
    kind: 'not_permitted',
    shows: ['refresh'],
    signs: [],
    status: 409,
    title: 'It is too early to refresh',
    mender: 'nobody',
    happened: 'Instagram refreshes no token that is younger than a day, and only those that are alive.',
    advice: 'Your account page says when it is possible.',
    meaning:
      'A token can be refreshed from its second day on, and this app waits for that. Where Instagram says “no permission” to one of less than two days, its age may be the reason: it is tried again.',
    steps: [],
    unconfirmed: 'How Instagram words this refusal is not known: this app does not ask that early.',
  },
  ids_rounded: {
    kind: 'refused',
    shows: GRAPH,
    signs: [{ says: 'Object with ID ‘…’ does not exist', id: 'as_if_rounded' }],
    status: 502,
    title: 'An id seems to have been rounded',
    mender: 'operator',
    happened: 'This site asked Instagram for an id that does not exist, and may be off by a few.',
    advice: TELL_OPERATOR,
    meaning:
      'Instagram’s ids have 17 digits and come as bare numbers, which JSON.parse of JavaScript changes. The id in the message is one that a rounded id could be; about every third id looks so by chance. This app keeps ids as text.',
    steps: [
      'Compare the id with user_id on this app’s account page, digit by digit.',
      'In your own program keep ids as text, and take them from /me, quoted, or from this app’s API.',
    ],
  },
  object_missing: {
    kind: 'refused',
    shows: GRAPH,
    signs: [{ code: 100, subcode: 33 }, { says: 'Object with ID ‘…’ does not exist' }],
    status: 502,
    title: 'Instagram does not know this id',
    mender: 'operator',
    happened: 'This site asked Instagram for something that does not exist, or that it may not see.',
    advice: TELL_OPERATOR,
    meaning:
      'An id belongs to somebody else or to another kind of thing: the app-scoped id was used for the professional account’s, or the app ID for a user’s. Or the token may not see it.',
    steps: [
      'Use the user_id of this app’s account page or API (it begins with 1784…) in addresses, never id.',
      'Use it with the token of the same account.',
    ],
  },
} as const satisfies Record<string, Entry>
