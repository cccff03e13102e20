import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const START = join(import.meta.dirname, '../../src/start.js')

/** The app as a process of its own, in an empty folder, with two free ports. */
export async function place() {
  const folder = await mkdtemp(join(tmpdir(), 'place-'))
  const [port, sandboxPort] = [await freePort(), await freePort()]
  const running: ChildProcess[] = []

  function start(environment: Record<string, string> = {}) {
    const { PATH = '' } = process.env
    const ports = { PORT: String(port), SANDBOX_PORT: String(sandboxPort) }
    const child = spawn(process.execPath, [START], { cwd: folder, env: { PATH, ...ports, ...environment } })
    running.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)))
    const ended = once(child, 'exit').then(([code]) => code as number | null)
    const ready = async () => {
      while (!output.includes('Ready') && child.exitCode === null)
        await Promise.race([once(child.stdout, 'data'), ended])
    }
    return { child, ended, ready, output: () => output }
  }

  return {
    folder,
    port,
    sandboxPort,
    origin: `http://localhost:${port}`,
    start,
    async [Symbol.asyncDispose]() {
      for (const child of running) if (child.exitCode === null) child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
