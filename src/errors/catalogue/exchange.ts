import { dayInWords, GRAPH_URL, PRODUCTS, TOKEN_URL } from '../../facts.ts'
import { AGAIN, GRAPH_STAGES, instagramError, LOGIN_SETUP, OPEN_SETTINGS, RESTART, TELL_OPERATOR } from './entry.ts'

/** Errors of the exchange of a code. */
export const exchangeErrors = {
  code_used: instagramError('code_used', ['exchange'], 400, 'person', {
    title: 'Instagram’s code was already used',
    description: 'Instagram’s code works only once. This one was used before, or Instagram doesn’t know it.',
    advice: AGAIN,
    meaning:
      'The code arrived twice, is older than an hour, was cut off, or still has #_ at its end. This app exchanges each code once, and shows the same page when its callback is reloaded.',
    steps: [
      'Nothing, if it is rare: people reload pages, and mail programs open links in advance.',
      'If it happens at every login, find what opens /response a second time: a proxy that retries, a scanner, a link preview.',
    ],
  }),
  code_expired: instagramError('code_expired', ['exchange'], 400, 'person', {
    title: 'Instagram’s code expired',
    description: 'Instagram’s code works for an hour. This one is older.',
    advice: AGAIN,
    meaning: 'More than an hour passed between Allow and the exchange.',
    steps: ['If it happens at every login, correct this machine’s clock.'],
  }),
  code_invalid: instagramError('code_invalid', ['exchange'], 400, 'person', {
    title: 'Instagram doesn’t know this code',
    description: 'The code in the address isn’t valid. It may have been cut off.',
    advice: AGAIN,
    meaning:
      'The code is malformed, or Instagram answered “invalid_grant” (RFC 6749). This says nothing about the secret: Instagram checks the code first.',
    steps: ['Nothing, unless a proxy in front of this app shortens addresses.'],
  }),
  verification_failed: instagramError('verification_failed', ['exchange'], 502, 'operator', {
    title: 'Instagram rejected this site’s secret or address',
    description:
      'Instagram didn’t accept this site’s app secret or redirect URI. This is a mistake in this site’s settings.',
    advice: TELL_OPERATOR,
    meaning:
      'The message mentions the redirect URI, but a wrong app secret gets the same message: Facebook’s secret instead of Instagram’s, or an old value in a container. This app sends the same redirect URI both times, so check the secret first.',
    steps: [
      `In Meta’s dashboard open ${LOGIN_SETUP} and compare {clientSecret} with the Instagram app secret (not the App secret under App settings → Basic).`,
      RESTART,
      'If the secret is right, check that {redirectUri} exactly matches an entry of OAuth redirect URIs under Business login settings.',
    ],
    unconfirmed: 'That a wrong secret gets this message was shown once, by ruling out every other cause.',
  }),
  missing_field: instagramError('app_misconfigured', ['page', 'exchange'], 502, 'operator', {
    title: 'Instagram says a field is missing',
    description: 'This site’s request reached Instagram incomplete.',
    advice: TELL_OPERATOR,
    meaning:
      'In other programs: the exchange was sent as JSON, which Instagram does not read. This app sends a form, so a proxy removes its body or its Content-Type, or {tokenUrl} leads through a redirect.',
    steps: [
      `Set {tokenUrl} to ${TOKEN_URL}, or leave it out.`,
      'Look for a proxy between this app and Instagram that changes requests.',
    ],
  }),
  browser_forbidden: instagramError('unreadable', ['exchange'], 502, 'operator', {
    title: 'Instagram took this site for a browser',
    description: 'Instagram answered with a web page instead of a token.',
    advice: TELL_OPERATOR,
    meaning:
      'HTML with status 403 instead of JSON. This happens when a request carries a browser’s cookies or headers. This app sends none, so a proxy may add them, or answer itself.',
    steps: [
      'Look for a proxy or firewall between this app and Instagram that adds headers or answers itself.',
      'If there is none, wait: Instagram may block calls from this network.',
    ],
    unconfirmed: 'That Instagram blocks networks in this way is a guess.',
  }),
  no_token_in_answer: instagramError('unreadable', ['exchange', 'long_lived', 'refresh'], 502, 'instagram', {
    title: 'Instagram’s response has no token',
    description: 'Instagram approved the request but didn’t send a token.',
    advice: AGAIN,
    meaning:
      'The response was JSON with a success status but without access_token, neither at the top level nor inside data. In other programs the parser knows only one of the two forms, or requires token_type, which Instagram does not send. This app reads both.',
    steps: ['If it happens again, look in the log for who answered: it may not be Instagram.'],
  }),

  // The app, or this site’s settings of it.
  client_secret_wrong: instagramError('app_misconfigured', ['long_lived', 'exchange'], 502, 'operator', {
    title: 'Instagram rejected this site’s secret',
    description: 'Instagram doesn’t accept this site’s app secret. This is a mistake in this site’s settings.',
    advice: TELL_OPERATOR,
    meaning: '{clientSecret} is not the secret of the app that this token belongs to.',
    steps: [
      `In Meta’s dashboard open ${LOGIN_SETUP} and copy the Instagram app secret (not the App secret under App settings → Basic) into {clientSecret}.`,
      RESTART,
    ],
    unconfirmed: 'It is not known whether the code exchange ever answers “Invalid client_secret”.',
  }),
  invalid_application_id: instagramError(
    'app_misconfigured',
    ['exchange', 'long_lived', 'me', 'refresh'],
    502,
    'operator',
    {
      title: 'Instagram doesn’t know this site’s app ID',
      description: 'Instagram says that this site’s app doesn’t exist. This is a mistake in this site’s settings.',
      advice: TELL_OPERATOR,
      meaning: '{clientId} is mistyped, or the app was deleted in Meta’s dashboard.',
      steps: [`In Meta’s dashboard open ${LOGIN_SETUP} and copy the Instagram app ID into {clientId}.`, RESTART],
    },
  ),
  method_refused: instagramError('refused', ['exchange', 'long_lived', 'refresh'], 502, 'operator', {
    title: 'Instagram doesn’t accept this call',
    description: 'This site called Instagram at the wrong address. This is a mistake in this site’s settings.',
    advice: TELL_OPERATOR,
    meaning:
      'A POST was sent where Instagram expects a GET. Only the code exchange is a POST, and only on api.instagram.com.',
    steps: [`Set {tokenUrl} to ${TOKEN_URL} and {graphUrl} to ${GRAPH_URL}, or leave both out.`],
  }),
  unsupported_request: instagramError('not_permitted', ['long_lived', 'me', 'refresh'], 403, 'operator', {
    title: 'Instagram doesn’t allow this account',
    description:
      'Only professional accounts can be connected. Until Meta has reviewed this site’s app, they must also be invited as Instagram testers and have accepted.',
    advice:
      'Check in the Instagram app that your account is a business or creator account, and on instagram.com under Settings → Apps and websites → Tester invites that you have accepted. Otherwise ask the site owner for an invitation.',
    meaning: `The message is not about the HTTP method. The account is not a tester, has not accepted, or is not professional; or the token belongs to ${PRODUCTS.basicDisplay.name}, which was switched off on ${dayInWords(PRODUCTS.basicDisplay.ended)}. A token “undefined” gets the same message: a program that sends it reads the token from the wrong field.`,
    steps: [
      'In Meta’s dashboard open App roles → Roles → Instagram Testers: the account must be listed, and not be pending.',
      `Check that it is listed under ${LOGIN_SETUP} → Generate access tokens; otherwise add it there.`,
      'Ask the account’s owner to check that it is a business or creator account, then to connect it again.',
      `${OPEN_SETTINGS} If the app was reset there, set it up again.`,
    ],
  }),
  api_access_deactivated: instagramError('app_misconfigured', GRAPH_STAGES, 502, 'operator', {
    title: 'Meta has switched off this site’s app',
    description: 'Meta has suspended this site’s access to Instagram until the site owner restores it.',
    advice: TELL_OPERATOR,
    meaning: 'The app was idle for a long time, or its privacy policy can no longer be opened.',
    steps: [
      'Open the app in Meta’s dashboard: a notice there restores the access.',
      'Check that the Privacy policy URL under App settings → Basic is public.',
    ],
    unconfirmed: 'Two threads report it; the error code of this message is not known.',
  }),
}
