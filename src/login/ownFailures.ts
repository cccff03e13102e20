import type { ForeignToken } from '../accounts/importToken.ts'
import type { Explanation } from '../instagram/catalogue/entry.ts'
import { LOGIN_SETUP } from '../instagram/catalogue/words.ts'
import { type CallbackFailure, callbackFailures, ONE_ADDRESS } from './callbackFailures.ts'
import { type HostFailure, hostFailures } from './hostFailures.ts'

/** Every way in which a request can end other than well, and which is not Instagram's doing. */
export type OwnFailure =
  | CallbackFailure
  | HostFailure
  /** The status of a deletion that nobody asked for. */
  | 'no_such_deletion'
  | ForeignToken
  /** An address to go to after the login that is neither ours nor one of `returnToOrigins`. */
  | 'return_to_foreign'
  /** A POST that does not come from our own pages. */
  | 'cross_site'
  /** From one address. */
  | 'too_many_requests'
  /** The database is away for now. */
  | 'database_unavailable'
  /** Instagram gave a token that could not be stored. */
  | 'token_not_kept'
  /** No key in `TOKEN_KEYS` opens a token that we keep. */
  | 'token_unreadable'
  | 'bad_request'
  | 'not_found'
  | 'internal'

const RIGHT_TOKEN = `Go back and choose Get Started, or take a token of ${LOGIN_SETUP} → Generate access tokens in Meta’s dashboard.`

/** What each of our own failures means. */
export const ownFailures: Readonly<Record<OwnFailure, Explanation>> = {
  ...callbackFailures,
  ...hostFailures,
  no_such_deletion: {
    status: 404,
    title: 'We know no deletion with this code',
    mender: 'person',
    happened:
      'Every request for deletion gets a code and an address of its own. The one that you opened is not among them: it may have been cut short or mistyped.',
    advice: 'Open the address exactly as Instagram gave it to you, or ask for deletion once more.',
    meaning: 'No deletion with this confirmation code is stored.',
    steps: [],
  },
  facebook_token: {
    status: 422,
    title: 'That is a Facebook token',
    mender: 'person',
    happened: 'Tokens that begin with EAA come from Facebook Login and work with graph.facebook.com only.',
    advice: RIGHT_TOKEN,
    meaning: 'A token of another product of Meta’s was pasted.',
    steps: [],
  },
  basic_display_token: {
    status: 422,
    title: 'That token’s API has ended',
    mender: 'person',
    happened:
      'Tokens that begin with IGQV belong to the Basic Display API, which Meta switched off on 4 December 2024.',
    advice: RIGHT_TOKEN,
    meaning: 'A token of the Basic Display API was pasted. None of them works any more.',
    steps: [],
  },
  no_token: {
    status: 422,
    title: 'That is no token',
    mender: 'person',
    happened: 'Instagram’s tokens begin with IGAA and are one long word of letters and digits.',
    advice: 'Go back and paste the whole token, and nothing else.',
    meaning: 'What was pasted has not the form of a token.',
    steps: [],
  },
  return_to_foreign: {
    status: 400,
    title: 'That link leads to another site',
    mender: 'operator',
    happened:
      'The link that you followed would have sent you to an address that is not this site’s after the login. We begin no such login.',
    advice: 'Go back to the start and choose Get Started there.',
    meaning:
      'The address to return to after a login (return_to) is of another origin than INSTAGRAM_REDIRECT_URI and those in returnToOrigins, has a user name or control characters in it, or is longer than 1,000 characters.',
    steps: [
      'If one of your own pages made the link, give it a path of this site, or add the origin to returnToOrigins.',
      'Otherwise nothing: this is how people are kept from being led away.',
    ],
  },
  cross_site: {
    status: 403,
    title: 'This did not come from our own page',
    mender: 'person',
    happened:
      'The request was sent by another site, or your browser does not say where it comes from. We act on our own buttons only.',
    advice: 'Go back and use the button on the page itself.',
    meaning: 'A POST without Sec-Fetch-Site: same-origin, and without our own Origin.',
    steps: [ONE_ADDRESS],
  },
  too_many_requests: {
    status: 429,
    title: 'That was too much at once',
    mender: 'nobody',
    happened: 'Too many requests came from your address, or from all who share it with you.',
    advice: 'Wait a minute, then try again.',
    meaning:
      'A limit for each address was reached. Behind a proxy that TRUST_PROXY does not announce, all people share the proxy’s address.',
    steps: ['If a proxy is in front of the app, set TRUST_PROXY to how many there are.'],
  },
  database_unavailable: {
    status: 503,
    title: 'Our database is away',
    mender: 'operator',
    happened:
      'This site cannot reach its database for the moment. That mostly passes by itself; it is nothing that you did.',
    advice: 'Wait a moment, then reload this page.',
    meaning:
      'The database that DATABASE_URL names cannot be reached, is being restarted, is full or is locked.',
    steps: [
      'See whether the database runs, and what the log says under this reference. All heals by itself when it is back.',
    ],
  },
  token_not_kept: {
    status: 503,
    title: 'We could not keep your token',
    mender: 'operator',
    happened:
      'Instagram gave us a token for your account, but our database was away and we could not store it. Nothing was kept.',
    advice: 'Wait a minute, then go back and choose Get Started to try again.',
    meaning:
      'Instagram gave a token, and the database could not store it, though that was tried for some seconds.',
    steps: ['See whether the database runs. The person has to log in once more: a code works once.'],
  },
  token_unreadable: {
    status: 503,
    title: 'We cannot open your token',
    mender: 'operator',
    happened: 'We keep a token for your account, but this site lacks the key that opens it.',
    advice: 'Tell whoever runs this site; or go back and choose Get Started, which brings a new token.',
    meaning: 'The token was sealed with a key that TOKEN_KEYS does not hold now.',
    steps: [
      'Put the key that sealed the token back into TOKEN_KEYS, behind the newest.',
      'If it is lost, the person connects the account again.',
    ],
  },
  bad_request: {
    status: 400,
    title: 'We do not understand this request',
    mender: 'person',
    happened: 'Something in the address or the request is malformed.',
    advice: 'Go back to the start.',
    meaning: 'The request could not be read: malformed, or far too large.',
    steps: [],
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    mender: 'person',
    happened: 'The address is mistyped, or the page has gone.',
    advice: 'Go back to the start.',
    meaning: 'This app has no such page.',
    steps: [],
  },
  internal: {
    status: 500,
    title: 'Something broke on our side',
    mender: 'operator',
    happened: 'This is our mistake, not yours and not Instagram’s.',
    advice: 'Try again in a few minutes. If it happens again, tell whoever runs this site.',
    meaning: 'An error that this app did not expect: a full disk, a lost database, or a defect.',
    steps: ['The log has the error, under the reference that the page shows.'],
  },
}
