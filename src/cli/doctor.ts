import { certificateFor } from '../certificate.ts'
import { type Environment, parseEnvironment, withoutEmpty } from '../config.ts'
import { openExistingDatabase } from '../database/database.ts'
import { type CheckStatus, examine, type Finding, type Installation, type Result } from '../doctor/doctor.ts'
import { compareEmbedUrl, environmentOf } from '../doctor/embedUrl.ts'
import { warning } from '../doctor/installation.ts'
import { CHANGELOG_FEED } from '../facts.ts'
import { createInstagramClient } from '../instagram/client.ts'
import { sessionSecretsOf, tokenKeysOf } from '../secrets.ts'
import { accountsEnvironment, confirmHosts, siteEnvironment } from './environment.ts'
import { ExitError, plainLine, print, styled, type Terminal } from './terminal.ts'

const MARKS: Readonly<Record<CheckStatus, readonly [color: 'green' | 'red' | 'yellow', mark: string, words: string]>> =
  {
    ok: ['green', '✓', 'passed'],
    wrong: ['red', '✗', 'failed'],
    warning: ['yellow', '!', 'to change soon'],
    unknown: ['yellow', '?', 'unknown'],
  }

const CREDENTIALS = ['INSTAGRAM_CLIENT_ID', 'INSTAGRAM_CLIENT_SECRET', 'INSTAGRAM_REDIRECT_URI']

/** Options of the command. */
export interface DoctorOptions {
  json?: boolean
  /** Whether to read Meta's changelog too, or the feed to read in its place. */
  online?: boolean | string
  /** The Embed URL of Meta's dashboard, to compare with the settings. */
  embedUrl?: string
}

/** `doctor`: checks an installation, and exits with status 1 if a check fails. */
export async function doctor(options: DoctorOptions, terminal: Terminal): Promise<void> {
  const { json = false, online = false, embedUrl } = options
  // The accounts are those of the other commands, also where no app is set and the web app would run in the sandbox.
  const environment = { ...siteEnvironment(terminal), DATABASE_URL: accountsEnvironment(terminal)[0]['DATABASE_URL'] }
  await confirmHosts(terminal, environment)
  await using installation = await findInstallation(environment, !terminal.isProject)
  const mistakes = (terminal.warnings ?? []).map((says) => warning('.env', says, 'Correct it in .env.'))
  const { sandbox, settings, names } = installation
  const comparison = embedUrl === undefined ? undefined : compareEmbedUrl(embedUrl, sandbox ? {} : settings, names)
  const findings = [
    ...mistakes,
    ...(await examine(installation, online === true ? CHANGELOG_FEED : online || undefined)),
    ...(comparison?.findings ?? []),
  ]
  const wrong = count(findings, 'wrong')
  const env = Object.entries(environmentOf(comparison?.embedded ?? {})).map(([name, value]) => `${name}=${value}`)
  const lines = env.length > 0 ? `\n\nFor .env, from the Embed URL:\n\n${env.join('\n')}` : ''
  print(terminal, json ? JSON.stringify({ wrong, lines: findings, env }) : report(findings, terminal) + lines)
  if (wrong > 0) throw new ExitError(1)
}

/** The installation of an environment, whether or not the app runs. Creates no file, no key and no table. */
async function findInstallation(
  environment: Environment,
  anyRedirectPath: boolean,
): Promise<Installation & AsyncDisposable> {
  const now = () => new Date()
  const { config, mistakes, unreadable, given } = parseEnvironment(environment, { anyRedirectPath })
  const sandbox = !config.production && CREDENTIALS.every((name) => !given[name]?.trim())
  const parsed = sandbox ? config : parseEnvironment(environment, { anyRedirectPath, needsApp: false }).config
  const { clientId, clientSecret, redirectUri, ...others } = parsed.instagram
  const settings = { ...others, ...withoutEmpty({ clientId, clientSecret, redirectUri }) }
  const hasApp = clientId && clientSecret && redirectUri
  const instagram = hasApp ? createInstagramClient(parsed.instagram, { now, proxy: config.proxy }) : undefined
  /** `undefined` if the setting, or that of the folder, cannot be read. */
  const result = <Value>(setting: string, get: () => Value | Promise<Value>) =>
    unreadable.includes(setting) || unreadable.includes('databaseUrl') ? undefined : resultOf(get)
  const database = await result('databaseUrl', async () => {
    return (await openExistingDatabase(config.databaseUrl)) ?? ('none yet' as const)
  })
  return {
    ...{ sandbox, config, names: config.names, given, mistakes, settings, instagram, database, now },
    certificate: await result('https', async () => (await certificateFor(config, now(), { create: false }))?.cert),
    tokenKeys: await result('tokenKeys', () => tokenKeysOf(config)),
    sessionSecrets: await result('sessionSecrets', () => sessionSecretsOf(config)),
    async [Symbol.asyncDispose]() {
      await instagram?.close()
      if (typeof database === 'object' && 'close' in database) await database.close()
    },
  }
}

async function resultOf<Value>(get: () => Value | Promise<Value>): Promise<Result<Value>> {
  try {
    return await get()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function report(findings: readonly Finding[], { output }: Terminal): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const lines = findings.flatMap(({ name, outcome, says, fix }) => {
    const [color, mark] = MARKS[outcome]
    return [
      `${styled(output, color, mark)} ${styled(output, 'bold', name.padEnd(width))}  ${plainLine(says)}`,
      ...(fix === undefined ? [] : [`  ${' '.repeat(width)}  ${styled(output, 'dim', `→ ${fix}`)}`]),
    ]
  })
  const summary = (Object.keys(MARKS) as CheckStatus[]).flatMap((status) => {
    const [color, , words] = MARKS[status]
    const found = count(findings, status)
    return found > 0 ? styled(output, color, `${found} ${words}`) : []
  })
  return `${lines.join('\n')}\n\n${summary.join(', ')}`
}

function count(findings: readonly Finding[], status: CheckStatus): number {
  return findings.filter(({ outcome }) => outcome === status).length
}
