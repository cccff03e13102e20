import type { Entry, Place } from './entry.ts'
import { LOGIN_SETUP, OPEN_SETTINGS, RESTART, TELL_OPERATOR } from './words.ts'

const GRAPH = ['long_lived', 'me', 'refresh'] as const satisfies Place[]

/** What is wrong with the app, or with how this site introduces it. */
export const app = {
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
  api_access_deactivated: {
    kind: 'app_misconfigured',
    shows: GRAPH,
    signs: [{ says: 'API access deactivated' }],
    status: 502,
    title: 'Meta has switched this site’s app off',
    mender: 'operator',
    happened: 'Meta has taken away this site’s access to Instagram until somebody sees to it.',
    advice: TELL_OPERATOR,
    meaning: 'The app was idle for long, or its privacy policy cannot be opened any more.',
    steps: [
      'Open the app in Meta’s dashboard: a notice there restores the access.',
      'See that the Privacy policy URL under App settings → Basic can be opened by everybody.',
    ],
    unconfirmed: 'Two threads tell of it; the code that goes with these words is not recorded.',
  },
} as const satisfies Record<string, Entry>
