import { sampleTokens } from '../accounts/tokenKeys.ts'
import { InstagramError, isAppError } from '../errors/errors.ts'
import { type Finding, type Installation, ok, quoted, unknown, wrong } from './installation.ts'
import { BUSINESS_LOGIN } from './settings.ts'

const ID = 'App ID'
const SECRET = 'App secret'

/** Malformed, so that Instagram cannot have issued it. */
const MADE_UP_CODE = 'made-up-by-the-doctor'

/** How many stored tokens are tried until one is valid. */
const TOKENS_TRIED = 3

/** Checks the app's id with a made-up code: Instagram checks the id before the code, and the secret after it. */
export async function checkAppId({ instagram, sandbox }: Installation): Promise<Finding | Finding[]> {
  if (!instagram) return []
  const who = sandbox ? 'The sandbox' : 'Instagram'
  const { message, error } = await responseTo(() => instagram.exchangeCode(MADE_UP_CODE))
  if (/invalid platform app|invalid client.?id|invalid application id/i.test(message))
    return wrong(
      ID,
      `Instagram doesn’t know it (${quoted(message)}). It may be the Facebook app ID, or Instagram login is not set up.`,
      `Copy the Instagram app ID from ${BUSINESS_LOGIN}.`,
    )
  if (/invalid redirect_uri|redirect uri does not match/i.test(message))
    return [
      ok(ID, 'Instagram knows it.'),
      wrong(
        'Redirect URI at Instagram',
        `Instagram says ${quoted(message)}: it does not exactly match a registered one.`,
        `Add it under ${BUSINESS_LOGIN} → OAuth redirect URIs, and press Save.`,
      ),
    ]
  if (/authorization code|verification code|matching code|developer role|client.?secret/i.test(message))
    return ok(ID, `${who} knows it. Its answer to a made-up code: ${quoted(message)}.`)
  return unknown(ID, inconclusive(message, error), 'Try again later.')
}

/** Checks the app's secret with stored tokens: Instagram checks the secret before it refuses to exchange a long-lived token. */
export async function checkSecret({ instagram, database, tokenKeys, now }: Installation): Promise<Finding | Finding[]> {
  if (!instagram) return []
  const canRead = typeof database === 'object' && 'query' in database && Array.isArray(tokenKeys)
  // Another check reports a database without tables, or one that cannot be read.
  const tokens = canRead ? await sampleTokens(database, tokenKeys, now(), TOKENS_TRIED).catch(() => []) : []
  let says = 'Instagram checks a secret only with a real code or token, and no valid token is stored.'
  for (const token of tokens) {
    const { message, error } = await responseTo(() => instagram.exchangeForLongLived(token))
    if (/validating client secret/i.test(message))
      return wrong(
        SECRET,
        `Instagram says ${quoted(message)}: the secret belongs to another app or to Facebook, or is out of date.`,
        `Copy the Instagram app secret from ${BUSINESS_LOGIN}, and restart the app.`,
      )
    if (!error || /session key invalid/i.test(message)) return ok(SECRET, 'Instagram accepts it with a stored token.')
    says = `${inconclusive(message, error)} The secret could not be checked.`
  }
  return unknown(
    SECRET,
    says,
    'Log in once: a wrong secret causes “Error validating verification code”. Or try again after a login.',
  )
}

/** Instagram's error for a call that is expected to fail; no error if it succeeds. */
async function responseTo(call: () => Promise<unknown>): Promise<{ message: string; error?: InstagramError }> {
  try {
    await call()
    return { message: '' }
  } catch (error) {
    if (!(error instanceof InstagramError)) throw error
    return { message: error.evidence.message ?? '', error }
  }
}

function inconclusive(message: string, error: InstagramError | undefined): string {
  if (message) return `Instagram says ${quoted(message)}, which is inconclusive.`
  if (isAppError(error?.cause, 'proxy_failed')) return error.cause.message
  const { status } = error?.evidence ?? {}
  return status === undefined ? 'Instagram did not answer.' : `Instagram answered ${status} without a message.`
}
