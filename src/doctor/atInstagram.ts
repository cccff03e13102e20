import type { Instagram } from '../instagram/client.ts'
import { InstagramError } from '../instagram/failure.ts'
import type { Installation } from './installation.ts'
import { type Line, ok, quoted, unknown, wrong } from './line.ts'

const ID = 'App ID'
const SECRET = 'App secret'
const BUSINESS_LOGIN =
  'Meta’s dashboard → Instagram → API setup with Instagram login → 3. Set up Instagram business login → Business login settings'

/** Shaped so that nobody can have been given it: it uses nothing up. */
const MADE_UP_CODE = 'made-up-by-the-doctor'

/** What Instagram says to a code that we made up: it judges the app's ID first, and the secret after the code. */
export async function checkAppId({ instagram }: Pick<Installation, 'instagram'>): Promise<Line[]> {
  if (!instagram) return []
  const { message, error } = await answerTo(() => instagram.exchangeCode(MADE_UP_CODE))
  if (/invalid platform app|invalid client.?id|invalid application id/i.test(message))
    return [
      wrong(
        ID,
        `Instagram does not know it, and says ${quoted(message)}: it may be the Facebook app’s, or Instagram login is not set up.`,
        `Take the Instagram app ID from ${BUSINESS_LOGIN}.`,
      ),
    ]
  if (/invalid redirect_uri|redirect uri does not match/i.test(message))
    return [
      ok(ID, 'Instagram knows it.'),
      wrong(
        'Redirect URI at Instagram',
        `Instagram says ${quoted(message)}: it is not registered letter by letter.`,
        `Add it under ${BUSINESS_LOGIN} → OAuth redirect URIs, and press Save.`,
      ),
    ]
  if (/authorization code|verification code|matching code|developer role|client.?secret/i.test(message))
    return [ok(ID, `Instagram knows it: to a made-up code it says ${quoted(message)}.`)]
  return [unknown(ID, answered(message, error), 'Do this again later.')]
}

/**
 * Whether the secret is right. A made-up code does not tell; a token does, one that is alive and long-lived: Instagram looks at the
 * secret before it says that there is nothing to exchange. `tokens`: some such, any order.
 */
export async function checkSecret(
  instagram: Instagram | undefined,
  tokens: readonly string[],
): Promise<Line[]> {
  if (!instagram) return []
  let says = 'Instagram judges a secret only with a real code or token, and no living token is stored here.'
  for (const token of tokens) {
    const { message, error } = await answerTo(() => instagram.exchangeForLongLived(token))
    if (/validating client secret/i.test(message))
      return [
        wrong(
          SECRET,
          `Instagram says ${quoted(message)}: it is another app’s, Facebook’s, or out of date.`,
          `Take the Instagram app secret from ${BUSINESS_LOGIN}, and start the app again.`,
        ),
      ]
    if (!error || /session key invalid/i.test(message))
      return [ok(SECRET, 'Instagram accepts it together with a stored token.')]
    says = `${answered(message, error)} That leaves the secret open.`
  }
  return [
    unknown(
      SECRET,
      says,
      'Log in once: a wrong secret shows as “Error validating verification code”. Or do this again after a login.',
    ),
  ]
}

/** What Instagram says to a call that is bound to fail; no error at all when it does not. */
async function answerTo(call: () => Promise<unknown>): Promise<{ message: string; error?: InstagramError }> {
  try {
    await call()
    return { message: '' }
  } catch (error) {
    if (!(error instanceof InstagramError)) throw error
    return { message: error.evidence.message ?? '', error }
  }
}

function answered(message: string, error: InstagramError | undefined): string {
  if (message) return `Instagram says ${quoted(message)}, which tells nothing.`
  const { status } = error?.evidence ?? {}
  return status === undefined ? 'Instagram did not answer.' : `Instagram answered ${status}, without words.`
}
