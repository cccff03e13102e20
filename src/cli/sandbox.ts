import { once } from 'node:events'
import { argumentsIn, UsageError } from '../commands/arguments.ts'
import { createSandbox, type InstagramSandbox } from '../host/createSandbox.ts'
import type { Command } from './commands.ts'
import { interruption } from './interruption.ts'
import { portIn } from './port.ts'
import { say, styled } from './terminal.ts'

/** Runs the stand-in for Instagram, and prints the settings by which an app takes it for the real one. */
export const sandbox: Command = async (args, terminal) => {
  const { values } = argumentsIn({
    args: [...args],
    options: { port: { type: 'string' }, 'redirect-uri': { type: 'string' }, json: { type: 'boolean' } },
  })
  const port = portIn(values.port) ?? 3001
  const { 'redirect-uri': redirectUri = 'http://localhost:3000/response' } = values
  if (!/^https?:\/\/[^\s\p{C}]+$/iu.test(redirectUri) || !URL.canParse(redirectUri))
    throw new UsageError('--redirect-uri must be an address that starts with https:// (or http://).')
  using interrupted = interruption()
  await using running = await startedAt(port, redirectUri)
  const settings = settingsOf(running)
  terminal.output.write(
    values.json
      ? `${JSON.stringify(settings)}\n`
      : Object.entries(settings)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
  )
  say(
    terminal,
    `${styled(terminal, 'green', '✓')} The sandbox is at ${running.origin}: its clock, its people, its mishaps.`,
  )
  say(terminal, '  An app with these settings takes it for Instagram, this command too. Ctrl-C stops it.')
  if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort')
  return 0
}

async function startedAt(port: number, redirectUri: string): Promise<InstagramSandbox> {
  try {
    return await createSandbox({ port, redirectUri })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause
    throw new Error(`port ${port} is in use by another program. Choose another one by --port.`, { cause })
  }
}

function settingsOf({ options }: InstagramSandbox): Record<string, string> {
  const { clientId, clientSecret, redirectUri, authorizeUrl, tokenUrl, graphUrl } = options
  return {
    INSTAGRAM_CLIENT_ID: clientId,
    INSTAGRAM_CLIENT_SECRET: clientSecret,
    INSTAGRAM_REDIRECT_URI: redirectUri,
    INSTAGRAM_AUTHORIZE_URL: authorizeUrl,
    INSTAGRAM_TOKEN_URL: tokenUrl,
    INSTAGRAM_GRAPH_URL: graphUrl,
    // Invented people stay out of the real accounts.
    DATABASE_URL: 'file:./sandbox/accounts.db',
  }
}
