import type { Environment } from '../settings/survey.ts'
import { inOneLine } from '../commands/plainText.ts'
import type { Asker } from './asker.ts'
import { isAttended, say, styled, type Terminal } from './terminal.ts'

/** What an app is known by; the secret is not to be seen. */
const CREDENTIALS = [
  { name: 'INSTAGRAM_CLIENT_ID', question: 'Instagram app ID: ', hidden: false },
  { name: 'INSTAGRAM_CLIENT_SECRET', question: 'Instagram app secret (not shown): ', hidden: true },
]

/**
 * The settings with those of the Instagram app that are missing: asked of the person.
 *
 * @throws Error in a sentence: nobody is there, or does not say
 */
export async function withApp(settings: Environment, asker: Asker, terminal: Terminal): Promise<Environment> {
  const missing = CREDENTIALS.filter(({ name }) => !settings[name]?.trim())
  if (missing.length === 0) return settings
  const names = missing.map(({ name }) => name).join(' and ')
  if (!isAttended(terminal))
    throw new Error(
      `${names} must be set (in the environment, in .env, or by options): nobody can be asked here. To try it without an Instagram app, add --sandbox.`,
    )
  sayWhere(settings, terminal)
  const found: Record<string, string> = {}
  for (const { name, question, hidden } of missing) {
    const answer = (await asker.ask(styled(terminal, 'bold', question), { hidden }))?.trim()
    if (!answer) throw new Error(`without ${name} there is no login.`)
    found[name] = answer
  }
  say(terminal)
  return { ...settings, ...found }
}

function sayWhere({ INSTAGRAM_REDIRECT_URI: redirectUri = '' }: Environment, terminal: Terminal): void {
  say(
    terminal,
    `A login needs an Instagram app. In Meta’s dashboard (https://developers.facebook.com/apps/), Instagram → API setup with
Instagram login shows its ID and secret; under 3. Set up Instagram business login → Business login settings it must have
this among its OAuth redirect URIs:

  ${styled(terminal, 'cyan', inOneLine(redirectUri))}

To try it without an app: instagram-access-token --sandbox
`,
  )
}
