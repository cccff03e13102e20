import { dayInWords, GRAPH_URL, PRODUCTS, TOKEN_URL } from '../../facts.ts'
import { AGAIN, GRAPH_STAGES, instagramError, LOGIN_SETUP, OPEN_SETTINGS, RESTART, TELL_OPERATOR } from './entry.ts'

/** Errors of the exchange of a code. */
export const exchangeErrors = {
  code_used: instagramError('code_used', ['exchange'], 400, 'person', {
    title: 'Instagram’s code was used already',
    description:
      'Instagram gives a code that works once. It says that this one was used before, or that it does not know it.',
    advice: AGAIN,
    meaning:
      'The code came twice, is older than an hour, was cut on the way, or still has #_ at its end. This app exchanges each code once, and shows the same page when its callback is reloaded.',
    steps: [
      'Nothing, if it happens now and then: people reload, and links are opened ahead by mail programs.',
      'If it happens at every login, look for what opens /response a second time: a proxy that tries again, a scanner, a preview.',
    ],
  }),
  code_expired: instagramError('code_expired', ['exchange'], 400, 'person', {
    title: 'Instagram’s code is too old',
    description: 'Instagram gives a code that works for an hour, and says that this one is older.',
    advice: AGAIN,
    meaning: 'More than an hour went by between Allow and the exchange.',
    steps: ['If it happens at every login, set this machine’s clock right.'],
  }),
  code_invalid: instagramError('code_invalid', ['exchange'], 400, 'person', {
    title: 'Instagram does not know this code',
    description: 'The code in the address is not one that Instagram gave. It may have been cut off on the way.',
    advice: AGAIN,
    meaning:
      'The code is malformed, or Instagram answered “invalid_grant”, the name of RFC 6749. This says nothing about the secret: Instagram looks at the code first.',
    steps: ['Nothing, unless something in front of this app shortens addresses.'],
  }),
  verification_failed: instagramError('verification_failed', ['exchange'], 502, 'operator', {
    title: 'Instagram refused this site’s secret or address',
    description:
      'Instagram did not accept this site’s secret or redirect address. This is a mistake in the site’s settings.',
    advice: TELL_OPERATOR,
    meaning:
      'The message speaks of the redirect URI, but a wrong app secret gets the same one: Facebook’s secret in place of Instagram’s, or an old value in a container. This app sends the same redirect URI both times, so look at the secret first.',
    steps: [
      `In Meta’s dashboard open ${LOGIN_SETUP} and compare {clientSecret} with the Instagram app secret (not the App secret under App settings → Basic).`,
      RESTART,
      'If the secret is right, compare {redirectUri} with OAuth redirect URIs under Business login settings, letter by letter.',
    ],
    unconfirmed: 'That a wrong secret gets this message was proved once, by leaving out every other cause.',
  }),
  missing_field: instagramError('app_misconfigured', ['page', 'exchange'], 502, 'operator', {
    title: 'Instagram says that something is missing',
    description: 'Instagram did not find in this site’s request all that has to be there.',
    advice: TELL_OPERATOR,
    meaning:
      'In other programs: the exchange was sent as JSON, which Instagram does not read. This app sends a form, so something on the way takes its body or its Content-Type, or {tokenUrl} leads through a redirect.',
    steps: [
      `Set {tokenUrl} to ${TOKEN_URL}, or leave it out.`,
      'Look for a proxy between this app and Instagram that changes requests.',
    ],
  }),
  browser_forbidden: instagramError('unreadable', ['exchange'], 502, 'operator', {
    title: 'Instagram took this site for a browser',
    description: 'Instagram answered this site with a page for people, and no token.',
    advice: TELL_OPERATOR,
    meaning:
      'HTML with status 403 in place of JSON. Seen where cookies or headers of a browser were sent along. This app sends none, so a proxy may add them, or answer itself.',
    steps: [
      'Look for a proxy or firewall between this app and Instagram that adds headers or answers itself.',
      'If there is none, wait: Instagram may turn away calls from this network.',
    ],
    unconfirmed: 'That Instagram turns away networks in this way is a guess.',
  }),
  no_token_in_answer: instagramError('unreadable', ['exchange', 'long_lived', 'refresh'], 502, 'instagram', {
    title: 'Instagram’s answer has no token',
    description: 'Instagram said yes, and sent no token along.',
    advice: AGAIN,
    meaning:
      'The answer was JSON with a good status and without access_token, neither flat nor inside data. In other programs this is a reader that knows one of the two forms only, or insists on token_type, which Instagram does not send; this app reads them all.',
    steps: ['If it comes again, look in the log for what answered: it may not be Instagram.'],
  }),

  // The app, or this site’s settings of it.
  client_secret_wrong: instagramError('app_misconfigured', ['long_lived', 'exchange'], 502, 'operator', {
    title: 'Instagram refused this site’s secret',
    description: 'Instagram does not accept this site’s app secret. This is a mistake in the site’s settings.',
    advice: TELL_OPERATOR,
    meaning: '{clientSecret} is not the secret that goes with the app of this token.',
    steps: [
      `In Meta’s dashboard open ${LOGIN_SETUP} and copy the Instagram app secret (not the App secret under App settings → Basic) into {clientSecret}.`,
      RESTART,
    ],
    unconfirmed: 'That the code exchange ever says “Invalid client_secret” is not shown.',
  }),
  invalid_application_id: instagramError(
    'app_misconfigured',
    ['exchange', 'long_lived', 'me', 'refresh'],
    502,
    'operator',
    {
      title: 'Instagram does not know this site’s app id',
      description: 'Instagram says that this site’s app does not exist. This is a mistake in the site’s settings.',
      advice: TELL_OPERATOR,
      meaning: '{clientId} is mistyped, or the app was deleted in Meta’s dashboard.',
      steps: [`In Meta’s dashboard open ${LOGIN_SETUP} and copy the Instagram app ID into {clientId}.`, RESTART],
    },
  ),
  method_refused: instagramError('refused', ['exchange', 'long_lived', 'refresh'], 502, 'operator', {
    title: 'Instagram does not take this call',
    description: 'This site called Instagram at the wrong address. This is a mistake in its settings.',
    advice: TELL_OPERATOR,
    meaning:
      'A POST came where Instagram wants a GET: only the code exchange is a POST, and only on api.instagram.com.',
    steps: [`Set {tokenUrl} to ${TOKEN_URL} and {graphUrl} to ${GRAPH_URL}, or leave both out.`],
  }),
  unsupported_request: instagramError('not_permitted', ['long_lived', 'me', 'refresh'], 403, 'operator', {
    title: 'Instagram does not allow this account',
    description:
      'Only professional accounts can be connected and, until Meta has reviewed this site’s app, only those invited as Instagram testers who accepted.',
    advice:
      'See in the Instagram app that your account is a business or creator account, and on instagram.com under Settings → Apps and websites → Tester invites that you accepted. Otherwise ask whoever runs this site for an invitation.',
    meaning: `The message is not about the verb. The account is no tester or has not accepted, is not professional, or the token is one of ${PRODUCTS.basicDisplay.name}, which ended on ${dayInWords(PRODUCTS.basicDisplay.ended)}. It also comes for a token “undefined”, which a program sends that looks for it in the wrong place.`,
    steps: [
      'In Meta’s dashboard open App roles → Roles → Instagram Testers: the account must be there, and not pending.',
      `See that it stands under ${LOGIN_SETUP} → Generate access tokens; add it there if it does not.`,
      'Let its owner see that it is a business or creator account, then connect it again.',
      `${OPEN_SETTINGS} If the app was reset there, set it up again.`,
    ],
  }),
  api_access_deactivated: instagramError('app_misconfigured', GRAPH_STAGES, 502, 'operator', {
    title: 'Meta has switched this site’s app off',
    description: 'Meta has taken away this site’s access to Instagram until somebody sees to it.',
    advice: TELL_OPERATOR,
    meaning: 'The app was idle for long, or its privacy policy cannot be opened any more.',
    steps: [
      'Open the app in Meta’s dashboard: a notice there restores the access.',
      'See that the Privacy policy URL under App settings → Basic can be opened by everybody.',
    ],
    unconfirmed: 'Two threads tell of it; the code that goes with these words is not recorded.',
  }),
}
