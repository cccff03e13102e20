import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeeping } from '../../src/accounts/keeping.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { CLIENT_ID, CLIENT_SECRET, settingsFor, startClient } from '../instagram/support.ts'
import { freePort } from '../support/place.ts'

const START = join(import.meta.dirname, '../../src/start.js')
const KEY = { id: 'k1', secret: Buffer.alloc(32, 7) }

/** Where the load balancer would be; here everybody asks a process itself. */
const BALANCER = 'https://site.example'

/** One process of a site. */
export interface SiteProcess {
  origin: string
  child: ChildProcess
  ended: Promise<unknown>
  /** Everything that it logged so far. */
  output: () => string
}

/** One site of `count` processes on one PostgreSQL database, as in production, with the sandbox for Instagram. */
export async function startProcesses(count: number, databaseUrl: string) {
  await using starting = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'site-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  const redirectUri = `${BALANCER}/response`
  const app = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUris: [redirectUri] }
  const sandbox = starting.adopt(await startSandbox({ port: 0, app }), (started) => started.close())
  const running: ChildProcess[] = []
  starting.defer(async () => {
    for (const child of running) await kill(child)
  })

  async function start(): Promise<SiteProcess> {
    const port = await freePort()
    const child = spawn(process.execPath, [START], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        PORT: String(port),
        NODE_ENV: 'production',
        DATABASE_URL: databaseUrl,
        INSTAGRAM_CLIENT_ID: CLIENT_ID,
        INSTAGRAM_CLIENT_SECRET: CLIENT_SECRET,
        INSTAGRAM_REDIRECT_URI: redirectUri,
        INSTAGRAM_AUTHORIZE_URL: sandbox.authorizeUrl,
        INSTAGRAM_TOKEN_URL: sandbox.tokenUrl,
        INSTAGRAM_GRAPH_URL: sandbox.graphUrl,
        SESSION_SECRETS: 'session-secret-marked-canary-0123456789',
        TOKEN_KEYS: `${KEY.id}:${KEY.secret.toString('base64')}`,
      },
    })
    running.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)))
    const ended = once(child, 'exit')
    while (!output.includes('Ready')) {
      const end = await Promise.race([once(child.stdout, 'data'), ended.then(() => 'ended')])
      if (end === 'ended') throw new Error(`A process did not start: ${output}`)
    }
    return { origin: `http://127.0.0.1:${port}`, child, ended, output: () => output }
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
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
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
