import type { Entry } from './entry.ts'
import { AGAIN, LOGIN_SETUP, OPEN_SETTINGS, RESTART, TELL_OPERATOR } from './words.ts'

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
  client_secret_wrong: {
    kind: 'app_misconfigured',
    shows: ['long_lived', 'exchange'],
    signs: [{ says: 'Error validating client secret' }, { says: 'Invalid client_secret' }],
    status: 502,
    title: 'Instagram refused this site’s secret',
    mender: 'operator',
    happened: 'Instagram does not accept this site’s app secret. This is a mistake in the site’s settings.',
    advice: TELL_OPERATOR,
    meaning: 'INSTAGRAM_CLIENT_SECRET is not the secret that goes with the app of this token.',
    steps: [
      `In Meta’s dashboard open ${LOGIN_SETUP} and copy the Instagram app secret (not the App secret under App settings → Basic) into INSTAGRAM_CLIENT_SECRET.`,
      RESTART,
    ],
    unconfirmed: 'That the code exchange ever says “Invalid client_secret” is not shown.',
  },
  invalid_application_id: {
    kind: 'app_misconfigured',
    shows: ['exchange', 'long_lived', 'me', 'refresh'],
    signs: [{ says: 'Invalid application ID' }, { code: 101 }],
    status: 502,
    title: 'Instagram does not know this site’s app id',
    mender: 'operator',
    happened: 'Instagram says that this site’s app does not exist. This is a mistake in the site’s settings.',
    advice: TELL_OPERATOR,
    meaning: 'INSTAGRAM_CLIENT_ID is mistyped, or the app was deleted in Meta’s dashboard.',
    steps: [
      `In Meta’s dashboard open ${LOGIN_SETUP} and copy the Instagram app ID into INSTAGRAM_CLIENT_ID.`,
      RESTART,
    ],
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
  method_refused: {
    kind: 'refused',
    shows: ['exchange', 'long_lived', 'refresh'],
    signs: [{ says: 'Unsupported request - method type: post' }, { says: 'Unsupported post request' }],
    status: 502,
    title: 'Instagram does not take this call',
    mender: 'operator',
    happened: 'This site called Instagram at the wrong address. This is a mistake in its settings.',
    advice: TELL_OPERATOR,
    meaning:
      'A POST came where Instagram wants a GET: only the code exchange is a POST, and only on api.instagram.com.',
    steps: [
      'Set INSTAGRAM_TOKEN_URL to https://api.instagram.com/oauth/access_token and INSTAGRAM_GRAPH_URL to https://graph.instagram.com, or leave both out.',
    ],
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
  unsupported_request: {
    kind: 'not_permitted',
    shows: ['long_lived', 'me', 'refresh'],
    signs: [{ says: 'Unsupported request - method type: get' }],
    status: 403,
    title: 'Instagram does not allow this account',
    mender: 'operator',
    happened:
      'Only professional accounts can be connected and, until Meta has reviewed this site’s app, only those invited as Instagram testers who accepted.',
    advice:
      'See in the Instagram app that your account is a business or creator account, and on instagram.com under Settings → Apps and websites → Tester invites that you accepted. Otherwise ask whoever runs this site for an invitation.',
    meaning:
      'The message is not about the verb. The account is no tester or has not accepted, is not professional, or the token is one of the Basic Display API, which ended on 4 December 2024. It also comes for a token “undefined”, which a program sends that looks for it in the wrong place.',
    steps: [
      'In Meta’s dashboard open App roles → Roles → Instagram Testers: the account must be there, and not pending.',
      `See that it stands under ${LOGIN_SETUP} → Generate access tokens; add it there if it does not.`,
      'Let its owner see that it is a business or creator account, then connect it again.',
      `${OPEN_SETTINGS} If the app was reset there, set it up again.`,
    ],
  },
} as const satisfies Record<string, Entry>
