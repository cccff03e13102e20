import { dayInWords, PRODUCTS } from '../../facts.ts'
import { AGAIN, type Explanation, LATER, LOGIN_SETUP, type Problem, siteError } from './entry.ts'
import { graphErrors } from './graph.ts'

const START = 'Start again from this site’s start page.'

const ONE_ADDRESS =
  'Make sure that people open this site only under the host of {redirectUri}: browsers don’t send a cookie of localhost to a tunnel’s address.'

const KEEP_COOKIE = 'With https, check that the proxy passes Set-Cookie on unchanged.'

/** Where to get a token that can be imported. */
export const RIGHT_TOKEN = `Connect the account on this site’s start page, or copy a token from Meta’s dashboard: ${LOGIN_SETUP} → Generate access tokens.`

/** Errors that Instagram did not cause. */
export const siteErrors = {
  // Of the callback.
  cookie_missing: siteError(400, 'person', {
    title: 'Cookies are blocked',
    description:
      'Your browser didn’t send back the cookie that this site set when you started. Cookies may be blocked, the cookie may have expired, or you started at another address of this site.',
    advice: 'Allow cookies for this site and try again in this browser.',
    meaning: 'The callback came without the session’s cookie.',
    steps: [ONE_ADDRESS, KEEP_COOKIE],
  }),
  state_missing: siteError(400, 'person', {
    title: 'Incomplete response from Instagram',
    description: 'Part of the address is missing (the “state”), so this login can’t be verified.',
    advice: AGAIN,
    meaning: 'The callback has no state: it was opened by hand, or was cut off.',
    steps: ['If it happens at every login, look for a proxy that removes parameters from addresses.'],
  }),
  state_expired: siteError(400, 'person', {
    title: 'This sign-in expired',
    description: 'For your security, the link to Instagram works for ten minutes.',
    advice: AGAIN,
    meaning: 'The state is more than ten minutes old.',
    steps: ['If it happens at every login, correct the clocks of all machines that run this app.'],
  }),
  state_foreign: siteError(403, 'person', {
    title: 'This sign-in was started in another browser',
    description:
      'It was started in another browser or a private window, at another address of this site, or before its cookie was deleted.',
    advice: 'Try again in this browser.',
    meaning: 'The state belongs to another browser session (other programs: “state mismatch”).',
    steps: [ONE_ADDRESS, 'Otherwise nothing: this check blocks logins that somebody else started.'],
  }),
  other_browser: siteError(403, 'person', {
    title: 'This page opened in another browser',
    description:
      'A login can be finished only in the browser where it started. Instagram’s app or another browser opened this page, or this browser blocks cookies.',
    advice:
      'Open this page in the browser where you started. Or allow cookies for this site, and try again in this browser.',
    meaning: 'The state is valid and fresh, but the browser sent another cookie, or none.',
    steps: [
      'If it is rare, nothing: on a phone, Instagram’s app may open another browser than the one where the login started.',
      `If it happens at every login, check two things. ${ONE_ADDRESS}`,
      KEEP_COOKIE,
    ],
  }),
  user_changed: siteError(403, 'person', {
    title: 'You’re signed in as a different user',
    description: 'You aren’t signed in to this site as the user who started this login.',
    advice: 'Sign in to this site as the right user, then connect Instagram again.',
    meaning: 'The option bindTo returns another user than when the login started.',
    steps: ['If it happens at every login, check that bindTo returns the same text for a user at every request.'],
  }),
  state_used: siteError(400, 'person', {
    title: 'This sign-in link was already used',
    description: 'Each link works only once, so this second response was ignored.',
    advice: 'Open the start page: if the first response worked, your account is connected. Otherwise try again.',
    meaning:
      'A second code came for one state: the person went back and pressed Allow again. Or the same callback was opened after a sign-out, or more than two minutes later.',
  }),
  no_answer: siteError(400, 'person', {
    title: 'No response from Instagram',
    description: 'Instagram sends you to this page after you log in there. It was opened without Instagram’s response.',
    advice: START,
    meaning: 'The callback has neither code nor error: the address was opened by hand.',
    steps: ['If it happens at every login, look for a proxy that removes the part after “?”.'],
  }),
  address_foreign: siteError(400, 'person', {
    title: 'This address belongs to another site',
    description: 'The pasted address contains a response from Instagram, but for another site.',
    advice: `${START} If you land on a page that doesn’t load, copy its whole address and paste it here.`,
    meaning: 'The host and path of the pasted address are not those of {redirectUri}.',
    steps: ['Compare the two exactly. Restart the app after a change.'],
  }),
  site_unreachable: siteError(503, 'person', {
    title: 'Your browser can’t open the page',
    description:
      'Your browser can’t connect to the address, or doesn’t trust its certificate. This message comes from your browser, not from Instagram.',
    advice:
      'If Instagram sent you to that page, copy its whole address and paste it here: the login goes on. Otherwise check the address and your internet connection. If that doesn’t help, contact the site owner.',
    meaning:
      'The app is not running, listens on another port, or serves http where the address is https. Or its certificate is self-signed, or a proxy blocks the connection.',
    steps: [
      'Start the app. Its log says on which port it listens, and whether by http or https: the app, or a proxy in front of it, must listen at the host and port of {redirectUri}.',
      'If {redirectUri} is https, the app or a proxy must serve https. In the standalone app, set HTTPS=self-signed, and continue past the warning, once in each browser.',
      'If a proxy is in front of the app, check that it is running, forwards to the app’s port and has a valid certificate.',
    ],
  }),
  interrupted: siteError(503, 'nobody', {
    title: 'This login was interrupted',
    description: 'This site was restarted during your login, and doesn’t know whether the login worked.',
    advice: 'Open the start page: if the login worked, your account is connected. Otherwise try again.',
    meaning: 'The process that handled this login stopped, or could not store the result.',
    steps: ['Look in the log for why the process stopped.'],
  }),
  account_gone: siteError(410, 'person', {
    title: 'This account is not connected',
    description: 'It was disconnected, or this browser was signed out of it. Nothing was changed.',
    advice: 'To use it again, connect it again.',
    meaning: 'The account is no longer stored, or the session of the browser has ended.',
  }),

  reconnect_expired: siteError(410, 'person', {
    title: 'This link has expired',
    description:
      'A link to reconnect an account works for 90 days. This one is older, or part of its address is missing.',
    advice: 'Ask the site owner for a new link, or connect your account on this site’s start page.',
    meaning: 'The reconnect link has no valid signature of {sessionSecrets}, or is more than 90 days old.',
    steps: ['Copy a new reconnect link from the admin page of the account, and send it to the person.'],
  }),

  // Of other requests.
  host_failed: siteError(500, 'operator', {
    title: 'You’re connected, but the next step failed',
    description: 'Your account is connected. Something that this site does afterwards failed.',
    advice: 'Go back to the page where you started. If something is missing there, contact the site owner.',
    meaning: 'The hook onConnected threw or rejected. The account is connected.',
    steps: ['The log has the error under the reference on the page, on the line “onConnected failed”.'],
  }),
  account_not_allowed: siteError(403, 'operator', {
    title: 'This account can’t be connected here',
    description: 'This site accepts only certain accounts, and yours is not one of them. Nothing was stored.',
    advice: 'Try again with another account, or contact the site owner.',
    meaning:
      '{allowedAccounts} lists the accounts that may connect. It has neither this account’s username nor its IDs.',
    steps: ['Add its username or one of its IDs to {allowedAccounts}, then restart the app.'],
  }),
  no_such_deletion: siteError(404, 'person', {
    title: 'Deletion request not found',
    description: 'No deletion request has this code. The address may be incomplete or mistyped.',
    advice: 'Open the exact address that Instagram gave you, or request the deletion again.',
    meaning: 'No deletion with this confirmation code is stored.',
  }),
  facebook_token: siteError(422, 'person', {
    title: 'This is a Facebook token',
    description: 'Tokens that begin with EAA come from Facebook Login and work with graph.facebook.com only.',
    advice: RIGHT_TOKEN,
    meaning: 'The pasted token belongs to another Meta product.',
  }),
  basic_display_token: siteError(422, 'person', {
    title: 'This token’s API was switched off',
    description: `Tokens that begin with IGQV belong to ${PRODUCTS.basicDisplay.name}, which Meta switched off on ${dayInWords(PRODUCTS.basicDisplay.ended)}.`,
    advice: RIGHT_TOKEN,
    meaning: 'The pasted token belongs to the Basic Display API. None of its tokens works any more.',
  }),
  no_token: siteError(422, 'person', {
    title: 'That doesn’t look like an Instagram token',
    description: 'Instagram tokens begin with IGAA, followed by letters and digits without spaces.',
    advice: 'Paste the whole token, and nothing else.',
    meaning: 'The pasted text does not have the format of a token.',
  }),
  return_to_foreign: siteError(400, 'operator', {
    title: 'This link leads to another site',
    description: 'After the login, the link would send you to another site. This isn’t allowed.',
    advice: START,
    meaning:
      'The return address (return_to) has another origin than {redirectUri} and those in {returnToOrigins}, contains a username or control characters, or is longer than 1,000 characters.',
    steps: [
      'If one of your own pages made the link, use a path of this site, or add the origin to {returnToOrigins}.',
      'Otherwise nothing: this check protects people against malicious links.',
    ],
  }),
  cross_site: siteError(403, 'person', {
    title: 'This request came from another site',
    description:
      'For your security, this site accepts only requests from its own pages. Your browser sent this one from another site, or didn’t say where it came from.',
    advice: 'Go back and use the button on the page itself.',
    meaning: 'A POST without Sec-Fetch-Site: same-origin, and without this site’s own Origin.',
    steps: [ONE_ADDRESS],
  }),
  wrong_host: siteError(421, 'operator', {
    title: 'Wrong address for this site',
    description: 'This site has another address than the one in your browser.',
    advice: 'Open this site at its own address.',
    meaning:
      'The Host header names neither the host of {redirectUri} nor this machine (localhost, 127.0.0.1, [::1]). This check prevents DNS rebinding: another site cannot point its name here and read these pages.',
    steps: [
      'Open the site under the host of {redirectUri}.',
      'If a proxy is in front of the app, make it pass Host on unchanged: “proxy_set_header Host $host” in nginx, “ProxyPreserveHost On” in Apache.',
    ],
  }),
  too_many_requests: siteError(429, 'nobody', {
    title: 'Too many requests',
    description: 'Too many requests came from your network.',
    advice: 'Wait a minute, then try again.',
    meaning:
      'A rate limit per address was reached. Behind a proxy without {trustProxy}, all visitors share the proxy’s address.',
    steps: ['If proxies are in front of the app, set {trustProxy} to their number.'],
  }),
  database_unavailable: siteError(503, 'operator', {
    title: 'Temporarily unavailable',
    description: 'This site can’t reach its database at the moment. This isn’t your fault.',
    advice: 'Wait a moment, then reload this page.',
    retryAfterSeconds: 10,
    meaning: 'The database in {databaseUrl} cannot be reached, is restarting, is full or is locked.',
    steps: [
      'Check that the database is running, and look in the log under this reference. The app recovers by itself when the database is back.',
    ],
  }),
  token_not_kept: siteError(503, 'operator', {
    title: 'Your token couldn’t be stored',
    description: 'Instagram approved the login, but this site’s database was unavailable. Nothing was stored.',
    advice: 'Wait a minute, then try again.',
    retryAfterSeconds: 10,
    meaning: 'Instagram issued a token, and storing it failed for several seconds.',
    steps: ['Check that the database is running. The person must log in again: a code works only once.'],
  }),
  token_unreadable: siteError(503, 'operator', {
    title: 'Your token can’t be decrypted',
    description: 'This site stores a token for your account but doesn’t have the key to decrypt it.',
    advice: 'Contact the site owner, or connect your account again to get a new token.',
    meaning: 'The token was encrypted with a key that is missing in {tokenKeys}.',
    steps: [
      'Append the missing key to {tokenKeys}, after the newest.',
      'If the key is lost, ask the account’s owner to connect it again.',
    ],
  }),
  bad_request: siteError(400, 'person', {
    title: 'Invalid request',
    description: 'Something in the address or the request is malformed.',
    advice: START,
    meaning: 'The request is malformed or far too large.',
  }),
  unknown_message: siteError(404, 'person', {
    title: 'Message not recognized',
    description: 'It matches none of the errors that this site knows.',
    advice: 'Look in the list of problems, paste the whole address or message, or ask the site owner.',
    meaning: 'The text matches no known error. It may be incomplete, in another language, or from another program.',
    steps: ['Paste the whole address of the page that shows it, or the whole message.'],
  }),
  not_found: siteError(404, 'person', {
    title: 'Page not found',
    description: 'This site has no page at this address.',
    advice: 'Check the address for mistakes.',
    meaning: 'This app has no such page.',
  }),
  internal: siteError(500, 'operator', {
    title: 'Something went wrong',
    description: 'The problem is on this site’s side, not yours or Instagram’s.',
    advice: 'Try again in a few minutes. If it happens again, contact the site owner.',
    meaning: 'An unexpected error: a full disk, a lost database, or a bug.',
    steps: ['The log has the error under the reference on the page.'],
  }),
}

/** Errors that only the JSON API responds with. */
export const apiErrors = {
  unauthorized: apiError(401, 'API key required', 'Send an API key of this site: “Authorization: Bearer <key>”.'),
  unknown_account: apiError(
    404,
    'Account not found',
    'No connected account has this ID. It may have been disconnected.',
  ),
  method_not_allowed: apiError(405, 'Method not allowed', 'The Allow header lists the methods of this address.'),
  not_acceptable: apiError(
    406,
    'Media type not available',
    'The token is available as application/json or text/plain. The Accept header allows neither.',
  ),
  no_valid_token: apiError(409, 'No valid token', 'The account must be reconnected, at “reconnect_url”.'),
  body_too_large: apiError(413, 'Request body too large', 'The limit is 16 kB, far more than a token needs.'),
  not_json: apiError(415, 'Request body is not JSON', 'Send JSON in UTF-8, with Content-Type: application/json.'),
  token_refused: apiError(422, graphErrors.token_invalid.title, tokenProblem(graphErrors.token_invalid).detail),
  instagram_failed: siteError(502, 'instagram', {
    title: 'Instagram call failed',
    description: graphErrors.temporary_failure.description,
    advice: LATER,
    meaning: graphErrors.temporary_failure.description,
  }),
}

const apiProblems = Object.fromEntries(
  Object.entries(apiErrors).map(([code, error]) => [code, problem(error)]),
) as Record<keyof typeof apiErrors, Problem>

/** Every error that the JSON API responds with. */
export const problems = {
  ...apiProblems,
  bad_request: { status: 400, title: 'Malformed request', detail: 'The address or the body cannot be parsed.' },
  not_found: problem(siteErrors.not_found, 'The API has no such address. GET /api/openapi.json lists all addresses.'),
  facebook_token: tokenProblem(siteErrors.facebook_token),
  basic_display_token: tokenProblem(siteErrors.basic_display_token),
  no_token: tokenProblem(siteErrors.no_token),
  account_not_allowed: problem(siteErrors.account_not_allowed),
  too_many_requests: problem(
    siteErrors.too_many_requests,
    'Your address sent too many imports or wrong keys. Retry after the seconds in Retry-After.',
  ),
  database_unavailable: problem(
    siteErrors.database_unavailable,
    'This site cannot reach its database at the moment. Retry after the seconds in Retry-After.',
  ),
  internal: problem(siteErrors.internal),
}

function apiError(status: number, title: string, description: string): Explanation {
  const advice = 'Correct the request in the program that sent it.'
  return siteError(status, 'operator', { title, description, advice, meaning: description })
}

function problem({ status, title, description }: Explanation, detail = description): Problem {
  return { status, title, detail }
}

function tokenProblem(error: Explanation): Problem {
  return problem(error, `${error.description} ${RIGHT_TOKEN}`)
}

/** Errors at start-up: of the settings, and of a command. */
export const startErrors = {
  settings: siteError(500, 'operator', {
    title: 'Invalid settings',
    description: 'This site can’t start with its settings.',
    advice: 'Contact the site owner.',
    meaning: 'A setting is missing, malformed, or contradicts another one. The message lists them.',
    steps: ['Correct the settings in the message, then restart the app.'],
  }),
  usage: siteError(400, 'operator', {
    title: 'Invalid command',
    description: 'The command, or one of its arguments, is unknown or malformed.',
    advice: 'Run the command with --help.',
    meaning: 'The command line cannot be parsed.',
  }),
}
