import { once } from 'node:events'
import { createSandbox, type InstagramSandbox } from '../createSandbox.ts'
import { freePort } from '../server.ts'
import { usageError } from './errors.ts'
import { listenForInterruption, print, say, styled, type Terminal } from './terminal.ts'

/** Options of the command. */
export interface SandboxOptions {
  port?: number
  redirectUri: string
  json?: boolean
}

/** `sandbox`: runs the simulation of Instagram until Ctrl-C, and prints the settings of an app that uses it. */
export async function sandbox({ port, redirectUri, json }: SandboxOptions, terminal: Terminal): Promise<void> {
  if (!/^https?:\/\/[^\s\p{C}]+$/iu.test(redirectUri) || !URL.canParse(redirectUri))
    throw usageError('--redirect-uri must be an address that starts with https:// (or http://).')
  using interruption = listenForInterruption()
  await using running = await createSandbox({ port: port ?? (await freePort(3001)), redirectUri })
  // Test accounts stay out of the real ones.
  const settings = { ...sandboxSettings(running), DATABASE_URL: 'file:./sandbox/accounts.db' }
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  print(terminal, json ? JSON.stringify(settings) : lines.join('\n'))
  const mark = styled(terminal.messages, 'green', '✓')
  say(terminal, `${mark} Sandbox: ${running.origin} (test accounts, clock, failures)`)
  say(
    terminal,
    '  With these settings, an app (or this command) connects to the sandbox instead of Instagram. Ctrl-C stops it.',
  )
  if (!interruption.signal.aborted) await once(interruption.signal, 'abort')
}

/** The environment variables of an app that uses this sandbox. */
export function sandboxSettings({ options }: InstagramSandbox): Record<string, string> {
  return {
    INSTAGRAM_CLIENT_ID: options.clientId,
    INSTAGRAM_CLIENT_SECRET: options.clientSecret,
    INSTAGRAM_REDIRECT_URI: options.redirectUri,
    INSTAGRAM_AUTHORIZE_URL: options.authorizeUrl,
    INSTAGRAM_TOKEN_URL: options.tokenUrl,
    INSTAGRAM_GRAPH_URL: options.graphUrl,
  }
}
