import { AGAIN, CALL_STAGES, instagramError, LATER, LOGIN_SETUP, RESTART, TELL_OPERATOR } from './entry.ts'

const ONCE = [
  'Nothing, if it happens now and then: people reload, and links are opened ahead by mail programs.',
  'If it happens at every login, look for what opens /response a second time: a proxy that tries again, a scanner, a preview.',
]

/** Errors of the exchange of a code. */
export const exchanging = {
  code_used: instagramError('code_used', ['exchange'], 400, 'person', {
    title: 'Instagram’s code was used already',
    description:
      'Instagram gives a code that works once. It says that this one was used before, or that it does not know it.',
    advice: AGAIN,
    meaning:
      'The code came twice, is older than an hour, was cut on the way, or still has #_ at its end. This app exchanges each code once, and shows the same page when its callback is reloaded.',
    steps: ONCE,
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
    meaning: 'The code is malformed. This says nothing about the secret: Instagram looks at the code first.',
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
      'Set {tokenUrl} to https://api.instagram.com/oauth/access_token, or leave it out.',
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
}

const NOT_US = [
  'See whether this machine reaches Instagram: curl -I https://graph.instagram.com',
  'Otherwise wait: what was connected stays so, and refreshing is tried again by itself.',
]

/** Outages, which mostly pass, and errors that match nothing. */
export const outages = {
  temporary_failure: instagramError('unavailable', [...CALL_STAGES, 'callback'], 502, 'instagram', {
    title: 'Instagram is out of order',
    description: 'Instagram says that something is broken on its side.',
    advice: LATER,
    meaning: 'Code 1 or 2, a status of 500 or more, or one of the errors of RFC 6749 that mean the same. It passes.',
    steps: ['Wait: what was connected stays so, and refreshing is tried again by itself.'],
    unconfirmed: 'That Instagram ever sends the errors of RFC 6749 on the way back is not recorded.',
  }),
  unreachable: instagramError('unreachable', CALL_STAGES, 502, 'instagram', {
    title: 'Instagram cannot be reached',
    description: 'We could not connect to Instagram, or the connection broke off before it answered.',
    advice: LATER,
    meaning: 'No name, no connection, no TLS, or a connection that ended before an answer. The log has the cause.',
    steps: NOT_US,
  }),
  timed_out: instagramError('timed_out', CALL_STAGES, 504, 'instagram', {
    title: 'Instagram is too slow',
    description: 'Instagram did not answer within ten seconds.',
    advice: LATER,
    meaning: 'Connecting and answering together took longer than ten seconds.',
    steps: NOT_US,
  }),
  too_large: instagramError('too_large', CALL_STAGES, 502, 'instagram', {
    title: 'Instagram’s answer is far too long',
    description: 'Instagram’s answer makes no sense: it is far longer than an answer can be.',
    advice: LATER,
    meaning: 'We stopped reading at 1 MB. It is probably not Instagram that answers.',
    steps: NOT_US,
  }),
  unreadable: instagramError('unreadable', CALL_STAGES, 502, 'instagram', {
    title: 'Instagram’s answer makes no sense',
    description: 'Instagram sent something that is not an answer we can read.',
    advice: LATER,
    meaning: 'HTML, nothing, a redirect, half an answer, or JSON of a shape that nobody has recorded.',
    steps: ['The log has the status and the type of what came: it may be a proxy that answers.', ...NOT_US],
  }),
  unknown: instagramError('refused', ['page', 'callback', ...CALL_STAGES], 502, 'operator', {
    title: 'Instagram refused, and we do not know why',
    description: 'Instagram said no for a reason that we do not know yet.',
    advice: `${AGAIN} If it ends here again, tell whoever runs this site.`,
    meaning: 'These words of Instagram’s are in no list that we have.',
    steps: [
      'What Instagram answered this site is in the log, under the reference that the page shows. What somebody pasted is kept nowhere: ask for the words.',
      'Look the words up, with the code, and fbtrace_id for Meta’s support.',
    ],
  }),
}
