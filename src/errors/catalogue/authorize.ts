import { AUTHORIZE_URL, dayInWords, FORMER_AUTHORIZE, PRODUCTS, SCOPES } from '../../facts.ts'
import { AGAIN, instagramError, LOGIN_SETUP, OPEN_SETTINGS, RESTART, TELL_OPERATOR } from './entry.ts'

/** Errors of the authorize step, mostly on Instagram’s own page and without a redirect back. */
export const authorizeErrors = {
  redirect_uri_mismatch: instagramError('app_misconfigured', ['page', 'exchange'], 502, 'operator', {
    title: 'Instagram does not know this site’s redirect address',
    description:
      'The address to which Instagram is to send you back is not registered for this site’s app, letter by letter. This is a mistake in the site’s settings.',
    advice: TELL_OPERATOR,
    meaning:
      'The redirect URI that was sent is not one of those registered for Instagram login. A slash, www, http in place of https, a port, another host or a query makes it another address; so does a host that leads on to another one.',
    steps: [
      OPEN_SETTINGS,
      'Under OAuth redirect URIs add the value of {redirectUri}, letter by letter. No other box counts: not Settings → Basic, not Facebook Login → Settings, not Settings → Advanced → Authorize callback URL.',
      'Press Save and reload the page: the dashboard may have added a slash at the end. If it did, write {redirectUri} with the slash too.',
      'Wait some minutes, then try again.',
    ],
    unconfirmed:
      'Whether http://localhost is ever accepted, while the app is in development, is disputed; https://localhost is. One report: Instagram said the same when the link asked for fewer scopes than the Embed URL of the Business login settings. Other sites ask for fewer without trouble. Compare the two if nothing else helps.',
  }),
  invalid_platform_app: instagramError('app_misconfigured', ['page', 'exchange'], 502, 'operator', {
    title: 'Instagram does not know this site’s app',
    description:
      'The app id by which this site introduces itself is not one of an Instagram app. This is a mistake in the site’s settings.',
    advice: TELL_OPERATOR,
    meaning:
      '{clientId} is mostly the Meta (Facebook) app ID, which stands on top of the dashboard; or the app has no Instagram login set up.',
    steps: [
      `In Meta’s dashboard open ${LOGIN_SETUP}. If Instagram is not there, add the use case for Instagram first.`,
      'Set {clientId} to the Instagram app ID of that page.',
      'Set {clientSecret} to the Instagram app secret of the same page: one goes with the other.',
      RESTART,
    ],
  }),
  insufficient_developer_role: instagramError('not_permitted', ['page', 'exchange'], 403, 'operator', {
    title: 'Instagram does not allow this account yet',
    description:
      'Until Meta has reviewed this site’s app, Instagram admits only accounts that were invited as testers and have accepted.',
    advice:
      'Ask whoever runs this site for an invitation. Accept it on instagram.com under Settings → Apps and websites → Tester invites. If you did, see that your browser is logged in to Instagram as that account: a private window helps.',
    meaning:
      'The app is in development, and this account is no Instagram Tester of it: not invited, not accepted, or the browser is logged in as somebody else. A plain Tester of the app is not enough. After App Review the app must also be switched to Live.',
    steps: [
      'In Meta’s dashboard open App roles → Roles → Instagram Testers and add the account by its user name.',
      'Let its owner accept: instagram.com → Settings → Apps and websites → Tester invites.',
      'Try again in a private window, logged in as that account.',
    ],
  }),
  not_professional: instagramError('not_permitted', ['page'], 403, 'person', {
    title: 'Instagram wants a professional account',
    description: 'Only business and creator accounts can be connected, and yours is a personal one.',
    advice:
      'Switch it in the Instagram app under Settings → Account type and tools → Switch to professional account. It is free. Then come back and choose Get Started.',
    meaning: 'Instagram login exists for professional accounts only. No Facebook Page is needed.',
    steps: ['Nothing: the owner of the account switches it.'],
    unconfirmed: 'The exact words that Instagram has for a personal account are not known.',
  }),
  invalid_scope: instagramError('app_misconfigured', ['page', 'callback', 'exchange'], 502, 'operator', {
    title: 'Instagram does not know what this site asks for',
    description:
      'This site asks for a permission that Instagram does not have, or no longer has. This is a mistake in the site’s settings.',
    advice: TELL_OPERATOR,
    meaning: `{scopes} holds a name that Instagram login does not know: an old one (business_basic, … until ${dayInWords(PRODUCTS.oldNames.ended)}), or one of ${PRODUCTS.basicDisplay.name} (user_profile, user_media), of ${PRODUCTS.facebookOrUnified.name} (instagram_basic, pages_show_list) or of ${PRODUCTS.firstApi.name} (basic, public_content).`,
    steps: [`Set {scopes} to names of today, with commas, the first of them always: ${SCOPES.join(', ')}.`, RESTART],
  }),
  session_invalid: instagramError('refused', ['page'], 502, 'nobody', {
    title: 'Instagram lost the thread',
    description: 'Instagram’s page says “Session Invalid”: it no longer knows what you were about to do there.',
    advice: 'Close that window, go back and choose Get Started in an ordinary tab. If it comes again, try later.',
    meaning:
      'Seen where the authorize page was opened in a popup (window.open), and mended there by leading the whole page to Instagram, as this app does. Otherwise it is at Instagram’s end, and passes.',
    steps: ['Where you link to this app from your own page, use a plain link and no popup.', 'Otherwise wait.'],
    unconfirmed: 'The second cause is what one project’s pages say.',
  }),
  declined: instagramError('refused', ['callback'], 403, 'person', {
    title: 'You said no',
    description: 'You chose not to authorize on Instagram, so we have no access to your account.',
    advice: 'If that was a slip, go back and choose Get Started again.',
    meaning: 'The person pressed Cancel on Instagram’s page. Nothing is wrong.',
  }),

  // Links to Instagram that are old, cut, or another program’s.
  authorize_page_gone: instagramError('app_misconfigured', ['page'], 502, 'operator', {
    title: 'That page of Instagram is no longer there',
    description: `The link leads to an address where Instagram has let nobody authorize since ${dayInWords(FORMER_AUTHORIZE.ended)}.`,
    advice: 'Go back to this site’s start page and choose Get Started there.',
    meaning: `${FORMER_AUTHORIZE.url}, which most guides still name, shows “Sorry, this page isn’t available” and never calls back.`,
    steps: [`Take {authorizeUrl} out of the settings, or set it to ${AUTHORIZE_URL}.`, RESTART],
  }),
  response_type_refused: instagramError('app_misconfigured', ['page', 'exchange'], 502, 'operator', {
    title: 'Instagram does not understand how this site asks',
    description: 'The link that led you to Instagram was not whole.',
    advice: AGAIN,
    meaning:
      'The authorize address lacks response_type=code. This app always sends it: the link was cut, or comes from elsewhere.',
    steps: ['Begin at this site’s start page, not with a kept link.'],
  }),
  implicit_disabled: instagramError('refused', ['page', 'exchange'], 502, 'operator', {
    title: 'Instagram gives no token straight to a browser',
    description: 'The link that led you to Instagram asks for a token in the browser, which Instagram has ended.',
    advice: AGAIN,
    meaning:
      'response_type=token is the implicit flow of the first Instagram API. This app never asks for it: the link comes from elsewhere.',
    steps: ['Begin at this site’s start page, not with a link of an older program.'],
  }),
}
