import { type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contestant } from './contestants.ts'
import type { Site } from './login.ts'
import { spawnPinned } from './machine.ts'
import { connectTo, Visitor } from './visitor.ts'

/** A server process that answers. */
export interface Running extends AsyncDisposable {
  contestant: Contestant
  child: ChildProcess
  pid: number
  site: Site
  /** Milliseconds from the start of the process to its first answer. */
  startedIn: number
}

/** What a server is started with, beside what it is. */
export interface StartOptions {
  upstream: string
  /** Made if it is not there. */
  folder: string
  databaseUrl: string
  /** Modules that are loaded before it, and other arguments of Node's. */
  nodeArguments?: readonly string[]
}

/** Connections that the driver holds: enough for all that it ever has under way at once. */
const CONNECTIONS = 256

/** Milliseconds that a server has to give its first answer. */
const START_LIMIT_MS = 20_000

/**
 * Starts a server on the server's core, its output in a file, and waits for its start page.
 *
 * @throws Error with the end of its output, if it ends or is too slow
 */
export async function start(contestant: Contestant, options: StartOptions): Promise<Running> {
  const { upstream, folder, databaseUrl, nodeArguments = [] } = options
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const log = `${folder}/output.log`
  const output = openSync(log, 'a')
  // The channel is for a probe; without one nobody listens at the other end.
  const stdio: StdioOptions = ['ignore', output, output, ...(nodeArguments.length > 0 ? ['ipc' as const] : [])]
  const { PATH = '' } = process.env
  const env = {
    PATH,
    NODE_ENV: 'production',
    ...contestant.environment({ port, upstream, folder, databaseUrl }),
  }

  const begun = performance.now()
  const child = spawnPinned('server', [...nodeArguments, contestant.script], { cwd: folder, env, stdio })
  closeSync(output)
  const connection = connectTo(origin, contestant.host ?? `127.0.0.1:${port}`, CONNECTIONS)
  const running = {
    contestant,
    child,
    pid: child.pid ?? 0,
    site: { connection, longLived: contestant.longLived },
    async [Symbol.asyncDispose]() {
      await connection.pool.destroy()
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
  try {
    await firstAnswer(running, begun)
  } catch (cause) {
    child.kill('SIGKILL')
    throw new Error(`${contestant.name} does not start:\n${readFileSync(log, 'utf8').slice(-2000)}`, {
      cause,
    })
  }
  return { ...running, startedIn: performance.now() - begun }
}

async function firstAnswer({ site, child }: Pick<Running, 'site' | 'child'>, begun: number): Promise<void> {
  for (;;) {
    try {
      const { status } = await new Visitor(site.connection).get('/')
      if (status >= 400) throw new Error(`answers ${status}`)
      return
    } catch (error) {
      if (child.exitCode !== null || performance.now() - begun > START_LIMIT_MS) throw error
    }
    await sleep(2)
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
