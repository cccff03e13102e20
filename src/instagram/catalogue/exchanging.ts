import type { Entry } from './entry.ts'
import { AGAIN, LOGIN_SETUP, RESTART, TELL_OPERATOR } from './words.ts'

const ONCE = [
  'Nothing, if it happens now and then: people reload, and links are opened ahead by mail programs.',
  'If it happens at every login, look for what opens /response a second time: a proxy that tries again, a scanner, a preview.',
]

/** What goes wrong between a code and its token. */
export const exchanging = {
  code_used: {
    kind: 'code_used',
    shows: ['exchange'],
    signs: [
      { says: 'Matching code was not found or was already used' },
      { says: 'authorization code has been used' },
      { says: 'No matching code found' },
    ],
    status: 400,
    title: 'Instagram’s code was used already',
    mender: 'person',
    happened:
      'Instagram gives a code that works once. It says that this one was used before, or that it does not know it.',
    advice: AGAIN,
    meaning:
      'The code came twice, is older than an hour, was cut on the way, or still has #_ at its end. This app exchanges each code once, and shows the same page when its callback is reloaded.',
    steps: ONCE,
  },
  code_expired: {
    kind: 'code_expired',
    shows: ['exchange'],
    signs: [{ says: 'authorization code has expired' }],
    status: 400,
    title: 'Instagram’s code is too old',
    mender: 'person',
    happened: 'Instagram gives a code that works for an hour, and says that this one is older.',
    advice: AGAIN,
    meaning: 'More than an hour went by between Allow and the exchange.',
    steps: ['If it happens at every login, set this machine’s clock right.'],
  },
  code_invalid: {
    kind: 'code_invalid',
    shows: ['exchange'],
    signs: [{ says: 'Invalid authorization code' }],
    status: 400,
    title: 'Instagram does not know this code',
    mender: 'person',
    happened: 'The code in the address is not one that Instagram gave. It may have been cut off on the way.',
    advice: AGAIN,
    meaning: 'The code is malformed. This says nothing about the secret: Instagram looks at the code first.',
    steps: ['Nothing, unless something in front of this app shortens addresses.'],
  },
  verification_failed: {
    kind: 'verification_failed',
    shows: ['exchange'],
    signs: [{ says: 'Error validating verification code' }],
    status: 502,
    title: 'Instagram refused this site’s secret or address',
    mender: 'operator',
    happened:
      'Instagram did not accept this site’s secret or redirect address. This is a mistake in the site’s settings.',
    advice: TELL_OPERATOR,
    meaning:
      'The message speaks of the redirect URI, but a wrong app secret gets the same one: Facebook’s secret in place of Instagram’s, or an old value in a container. This app sends the same redirect URI both times, so look at the secret first.',
    steps: [
      `In Meta’s dashboard open ${LOGIN_SETUP} and compare INSTAGRAM_CLIENT_SECRET with the Instagram app secret (not the App secret under App settings → Basic).`,
      RESTART,
      'If the secret is right, compare INSTAGRAM_REDIRECT_URI with OAuth redirect URIs under Business login settings, letter by letter.',
    ],
    unconfirmed: 'That a wrong secret gets this message was proved once, by leaving out every other cause.',
  },
  missing_field: {
    kind: 'app_misconfigured',
    shows: ['page', 'exchange'],
    signs: [
      { says: 'Missing required field' },
      { says: 'You must provide a client_id' },
      { says: 'You must include a valid client_id, response_type, and redirect_uri parameters' },
    ],
    status: 502,
    title: 'Instagram says that something is missing',
    mender: 'operator',
    happened: 'Instagram did not find in this site’s request all that has to be there.',
    advice: TELL_OPERATOR,
    meaning:
      'In other programs: the exchange was sent as JSON, which Instagram does not read. This app sends a form, so something on the way takes its body or its Content-Type, or INSTAGRAM_TOKEN_URL leads through a redirect.',
    steps: [
      'Set INSTAGRAM_TOKEN_URL to https://api.instagram.com/oauth/access_token, or leave it out.',
      'Look for a proxy between this app and Instagram that changes requests.',
    ],
  },
  browser_forbidden: {
    kind: 'unreadable',
    shows: ['exchange'],
    signs: [{ status: 403, contentType: 'text/html' }],
    status: 502,
    title: 'Instagram took this site for a browser',
    mender: 'operator',
    happened: 'Instagram answered this site with a page for people, and no token.',
    advice: TELL_OPERATOR,
    meaning:
      'HTML with status 403 in place of JSON. Seen where cookies or headers of a browser were sent along. This app sends none, so a proxy may add them, or answer itself.',
    steps: [
      'Look for a proxy or firewall between this app and Instagram that adds headers or answers itself.',
      'If there is none, wait: Instagram may turn away calls from this network.',
    ],
    unconfirmed: 'That Instagram turns away networks in this way is a guess.',
  },
  no_token_in_answer: {
    kind: 'unreadable',
    shows: ['exchange', 'long_lived', 'refresh'],
    signs: [
      { says: 'token_type” property must be a non-empty string' },
      { says: 'No token type received' },
      { says: 'access_token undefined' },
      { says: 'access_token is undefined' },
    ],
    status: 502,
    title: 'Instagram’s answer has no token',
    mender: 'instagram',
    happened: 'Instagram said yes, and sent no token along.',
    advice: AGAIN,
    meaning:
      'The answer was JSON with a good status and without access_token, neither flat nor inside data. In other programs this is a reader that knows one of the two forms only, or insists on token_type, which Instagram does not send; this app reads them all.',
    steps: ['If it comes again, look in the log for what answered: it may not be Instagram.'],
  },
} as const satisfies Record<string, Entry>
