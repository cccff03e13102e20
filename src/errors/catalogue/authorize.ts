import { AUTHORIZE_URL, dayInWords, FORMER_AUTHORIZE, PRODUCTS, SCOPES } from '../../facts.ts'
import { AGAIN, instagramError, LOGIN_SETUP, OPEN_SETTINGS, RESTART, TELL_OPERATOR } from './entry.ts'

/** Errors of the authorize step, mostly on Instagram’s own page and without a redirect back. */
export const authorizeErrors = {
  redirect_uri_mismatch: instagramError('app_misconfigured', ['page', 'exchange'], 502, 'operator', {
    title: 'The redirect URI is not registered',
    description:
      'Instagram doesn’t accept the address where it should send you back. This is a mistake in this site’s settings.',
    advice: TELL_OPERATOR,
    meaning:
      'The redirect URI in the request does not exactly match one that is registered for Instagram login. A slash, www, http instead of https, a port, another host or a query makes it a different address; so does a host that redirects to another host.',
    steps: [
      OPEN_SETTINGS,
      'Under OAuth redirect URIs add the exact value of {redirectUri}. No other field counts: not Settings → Basic, not Facebook Login → Settings, not Settings → Advanced → Authorize callback URL.',
      'Press Save and reload the page. If the dashboard has added a slash at the end, add it to {redirectUri} too.',
      'Wait a few minutes, then try again.',
    ],
    unconfirmed:
      'Reports differ on whether http://localhost is accepted while the app is in development; https://localhost is. One developer saw this error when the link requested fewer scopes than the Embed URL of the Business login settings; other sites request fewer without problems. Compare the two if nothing else helps.',
  }),
  invalid_platform_app: instagramError('app_misconfigured', ['page', 'exchange'], 502, 'operator', {
    title: 'Wrong app ID',
    description:
      'This site is using an app ID that isn’t an Instagram app ID. This is a mistake in this site’s settings.',
    advice: TELL_OPERATOR,
    meaning:
      'Usually {clientId} contains the Meta (Facebook) app ID shown at the top of the dashboard. Otherwise Instagram login is not set up for the app.',
    steps: [
      `In Meta’s dashboard open ${LOGIN_SETUP}. If Instagram is missing there, add the Instagram use case first.`,
      'Set {clientId} to the Instagram app ID shown there.',
      'Set {clientSecret} to the Instagram app secret on the same page. The two belong together.',
      RESTART,
    ],
  }),
  insufficient_developer_role: instagramError('not_permitted', ['page', 'exchange'], 403, 'operator', {
    title: 'This account isn’t a tester yet',
    description:
      'Until Meta has reviewed this site’s app, only accounts that were invited as testers and have accepted can connect.',
    advice:
      'Ask the site owner for an invitation. Accept it on instagram.com under Settings → Apps and websites → Tester invites. If you already have, check that your browser is logged in to Instagram as that account, for example in a private window.',
    meaning:
      'The app is in development, and this account is not an Instagram Tester: it was not invited, has not accepted, or the browser is logged in to another account. The general Tester role is not enough. After App Review the app must also be switched to Live.',
    steps: [
      'In Meta’s dashboard open App roles → Roles → Instagram Testers and add the account by its username.',
      'Ask the account’s owner to accept: instagram.com → Settings → Apps and websites → Tester invites.',
      'Try again in a private window, logged in as that account.',
    ],
  }),
  not_professional: instagramError('not_permitted', ['page'], 403, 'person', {
    title: 'Instagram requires a professional account',
    description: 'Only business and creator accounts can be connected. Yours is a personal account.',
    advice:
      'In the Instagram app choose Settings → Account type and tools → Switch to professional account. It’s free. Then try again.',
    meaning: 'Instagram login supports professional accounts only. No Facebook Page is needed.',
    steps: ['Ask the account’s owner to switch to a professional account.'],
    unconfirmed: 'The exact message that Instagram shows for a personal account is not known.',
  }),
  invalid_scope: instagramError('app_misconfigured', ['page', 'callback', 'exchange'], 502, 'operator', {
    title: 'Instagram doesn’t know a requested permission',
    description:
      'This site requests a permission that Instagram doesn’t have, or has removed. This is a mistake in this site’s settings.',
    advice: TELL_OPERATOR,
    meaning: `{scopes} contains a name that Instagram login does not know: an old name (business_basic, … until ${dayInWords(PRODUCTS.oldNames.ended)}), or a scope of ${PRODUCTS.basicDisplay.name} (user_profile, user_media), of ${PRODUCTS.facebookOrUnified.name} (instagram_basic, pages_show_list) or of ${PRODUCTS.firstApi.name} (basic, public_content).`,
    steps: [
      `Set {scopes} to current names, separated by commas. The first one is always required: ${SCOPES.join(', ')}.`,
      RESTART,
    ],
  }),
  session_invalid: instagramError('refused', ['page'], 502, 'nobody', {
    title: 'Instagram’s session expired',
    description: 'Instagram’s page says “Session Invalid”.',
    advice: 'Close that window and try again in an ordinary tab. If it happens again, try again later.',
    meaning:
      'This happens when the authorize page is opened in a popup (window.open) instead of a full page. Otherwise it is a temporary problem at Instagram.',
    steps: ['If your own page links to this app, use an ordinary link, not a popup.', 'Otherwise wait.'],
    unconfirmed: 'The second cause is reported by one project only.',
  }),
  declined: instagramError('refused', ['callback'], 403, 'person', {
    title: 'You cancelled',
    description: 'You chose not to give this site access on Instagram, so nothing was connected.',
    advice: 'Changed your mind? Try again.',
    meaning: 'The person pressed Cancel on Instagram’s page. Nothing is wrong.',
  }),

  // Links to Instagram that are old, cut, or another program’s.
  authorize_page_gone: instagramError('app_misconfigured', ['page'], 502, 'operator', {
    title: 'This Instagram page no longer exists',
    description: `The link uses an address that Instagram switched off in ${dayInWords(FORMER_AUTHORIZE.ended)}.`,
    advice: 'Start again from this site’s start page.',
    meaning: `${FORMER_AUTHORIZE.url}, which most guides still name, shows “Sorry, this page isn’t available” and never redirects back.`,
    steps: [`Remove {authorizeUrl} from the settings, or set it to ${AUTHORIZE_URL}.`, RESTART],
  }),
  response_type_refused: instagramError('app_misconfigured', ['page', 'exchange'], 502, 'operator', {
    title: 'The link to Instagram is incomplete',
    description: 'Part of the link that took you to Instagram is missing.',
    advice: AGAIN,
    meaning:
      'The authorize URL lacks response_type=code. This app always sends it: the link was cut off, or comes from another program.',
    steps: ['Start at this site’s start page, not with a saved link.'],
  }),
  implicit_disabled: instagramError('refused', ['page', 'exchange'], 502, 'operator', {
    title: 'Instagram no longer supports this link',
    description: 'The link requests a token directly in the browser. Instagram has switched that off.',
    advice: AGAIN,
    meaning:
      'response_type=token is the implicit flow of the first Instagram API. This app never uses it: the link comes from another program.',
    steps: ['Start at this site’s start page, not with a link of an older program.'],
  }),
}
