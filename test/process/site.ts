import { createKeeping } from '../../src/accounts/keeping.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { settingsFor, startClient } from '../instagram/support.ts'
import { freePort } from '../support/place.ts'
import { type Program, programs } from '../support/programs.ts'
import { CLIENT_ID, CLIENT_SECRET, variablesOf } from '../support/world.ts'

const KEY = { id: 'k1', secret: Buffer.alloc(32, 7) }

/** Where the load balancer would be; here everybody asks a process itself. */
const BALANCER = 'https://site.example'

/** One process of a site. */
export type SiteProcess = Program & { origin: string }

/** One site of `count` processes on one PostgreSQL database, as in production, with the sandbox for Instagram. */
export async function startProcesses(count: number, databaseUrl: string) {
  await using starting = new AsyncDisposableStack()
  const redirectUri = `${BALANCER}/response`
  const app = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUris: [redirectUri] }
  const sandbox = starting.adopt(await startSandbox({ port: 0, app }), (started) => started.close())
  const { start: startProgram } = starting.use(await programs())

  async function start(): Promise<SiteProcess> {
    const port = await freePort()
    const program = startProgram('start.js', {
      PORT: String(port),
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      ...variablesOf(sandbox, redirectUri),
      SESSION_SECRETS: 'session-secret-marked-canary-0123456789',
      TOKEN_KEYS: `${KEY.id}:${KEY.secret.toString('base64')}`,
    })
    await program.says('Ready')
    if (!program.output().includes('Ready')) throw new Error(`A process did not start: ${program.output()}`)
    return { origin: `http://127.0.0.1:${port}`, ...program }
  }

  const processes = await Promise.all(Array.from({ length: count }, start))
  const database = starting.adopt(await openDatabase(databaseUrl), (opened) => opened.close())
  const ending = starting.move()
  return {
    sandbox,
    database,
    processes,
    /** The codes that Instagram was asked to exchange, each as often as it was. */
    exchanged: () =>
      sandbox.calls
        .filter(({ endpoint }) => endpoint === 'token')
        .map(({ fields }) => new Map(fields).get('code') ?? ''),
    /** The stored accounts by username, each with the one whom its stored token belongs to, as Instagram says. */
    owners: () => ownersOf(sandbox.graphUrl, database),
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** The code in the address to which Instagram sends somebody back. */
export function codeIn(callback: string): string {
  return new URLSearchParams(callback.split('?')[1]).get('code') ?? ''
}

/** The lines in which a process logged an error, or a token. */
export function troubles({ output }: SiteProcess): string[] {
  return output()
    .split('\n')
    .filter((line) => /"level":[56]0|IGAA/.test(line))
}

/** Ends a process without any warning. */
export async function kill({ child, ended }: SiteProcess): Promise<void> {
  child.kill('SIGKILL')
  await ended
}

async function ownersOf(graphUrl: string, database: Database) {
  const now = () => new Date()
  await using instagram = startClient(settingsFor(graphUrl), now)
  const { accounts } = createKeeping({
    database,
    instagram,
    tokenKeys: [KEY],
    refreshDaysBeforeExpiry: 10,
    listeners: [],
    keepEvents: false,
    reconnectUrl: () => '',
    onError: () => undefined,
    now,
  })
  const owners = new Map<string | null, string | null>()
  for (const { key, username } of await accounts.list({ after: '', limit: 1000 })) {
    const token = await accounts.accessToken(key)
    owners.set(username, (await instagram.profile(token ?? '')).username)
  }
  return owners
}
