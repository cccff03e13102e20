import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { programs } from './programs.ts'

/** The app as a process, in an empty folder and with two free ports. */
export async function place() {
  const { start, ...others } = await programs()
  const [port, sandboxPort] = [await freePort(), await freePort()]
  const ports = { PORT: String(port), SANDBOX_PORT: String(sandboxPort) }
  return {
    ...others,
    port,
    sandboxPort,
    origin: `http://localhost:${port}`,
    start(environment: Record<string, string> = {}) {
      const { child, ended, says, output } = start('start.js', { ...ports, ...environment })
      return { child, ended: ended.then(({ status }) => status), says, ready: () => says('Ready'), output }
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
