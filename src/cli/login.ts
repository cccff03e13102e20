import { nameOf } from '../commands/accountLines.ts'
import { createSandbox } from '../host/createSandbox.ts'
import { openInstagram } from '../host/openInstagram.ts'
import type { AccessOptions } from '../host/options.ts'
import { accessOptions, namingVariables } from './accessOptions.ts'
import { createAsker } from './asker.ts'
import { awaitCallback } from './awaitCallback.ts'
import { openBrowser } from './browser.ts'
import type { Command } from './commands.ts'
import { deliver, sayWhose } from './delivery.ts'
import { interruption } from './interruption.ts'
import { type Landing, landingFor } from './landing.ts'
import { loginAsked } from './loginAsked.ts'
import { isAttended, say, styled, type Terminal, warn } from './terminal.ts'
import { withApp } from './withApp.ts'

/** Gets a token through the browser: settings → landing → link → callback → token. */
export const login: Command = async (args, terminal) => {
  const { environment, isSandbox, opens, delivery } = loginAsked(args, terminal)
  using interrupted = interruption()
  using asker = createAsker(terminal, interrupted)
  await using ending = new AsyncDisposableStack()

  const settings = isSandbox ? environment : await withApp(environment, asker, terminal)
  const landing = await landingFor(settings, terminal)
  ending.use(landing)
  const redirectUri = landing?.redirectUri ?? settings['INSTAGRAM_REDIRECT_URI'] ?? ''
  const sandbox = isSandbox ? ending.use(await createSandbox({ redirectUri })) : undefined
  const options: AccessOptions = {
    ...accessOptions(settings, (words) => {
      warn(terminal, words)
    }),
    ...sandbox?.options,
  }
  const access = ending.use(await namingVariables(() => openInstagram(options)))
  const { url, browser } = access.beginLogin()
  if (opens) await openBrowser(url)
  sayHow({ url, opens, landing }, terminal)

  const waiting = { access, browser, redirectUri, landing, isSandbox }
  const { account } = await awaitCallback(waiting, asker, terminal, interrupted.signal)
  const delivered = { account, token: await access.accounts.token(account.key) }
  const now = options.now?.() ?? new Date()
  sayWhose(delivered, terminal, now)
  await deliver(delivered, delivery, terminal, now)
  if (isAttended(terminal) && !isSandbox)
    say(
      terminal,
      styled(terminal, 'dim', `  Valid at any time: instagram-access-token token ${nameOf(account)}`),
    )
  return 0
}

/** Tells the person what to do now. */
function sayHow(
  { url, opens, landing }: { url: string; opens: boolean; landing: Landing | undefined },
  terminal: Terminal,
): void {
  const begin = opens
    ? 'Your browser opens. If it does not, open this address:'
    : 'Open this address in a browser:'
  say(terminal, `${begin}\n\n  ${styled(terminal, 'cyan', url)}\n`)
  say(terminal, 'Authorize the app there. The link is good for ten minutes.')
  if (landing?.fingerprint !== undefined) {
    say(
      terminal,
      'Then your browser warns of a certificate that it does not know: it was made on this machine. Go on there.',
    )
    say(terminal, styled(terminal, 'dim', `SHA-256 ${landing.fingerprint}`))
  }
  if (!isAttended(terminal)) return
  const when = landing ? 'If the page after that does not load' : 'On the page after that, whatever it shows'
  say(terminal, `${when}, copy its address from the address bar, and paste it here.`)
}
