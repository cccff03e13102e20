import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'

/** Milliseconds that requests under way have to finish. */
const REQUEST_LIMIT_MS = 10_000

/** Milliseconds for all of stopping; a call of the refresher's under way and the database are in it too. */
const STOP_LIMIT_MS = 30_000

/** Milliseconds in which a second signal is the first once more: npm hands on the Ctrl-C that the terminal sent us already. */
const SAME_SIGNAL_MS = 500

/** Milliseconds between two looks for connections that have become idle. */
const IDLE_CHECK_MS = 50

/**
 * Settles when the process is told to stop, by SIGTERM or SIGINT. Told once more, or where stopping takes half a minute, the
 * process ends at once with status 1.
 */
export async function toldToStop(log: Logger): Promise<void> {
  let toldAt: number | undefined
  await new Promise<void>((resolve) => {
    const told = () => {
      if (toldAt !== undefined && performance.now() - toldAt > SAME_SIGNAL_MS) process.exit(1)
      toldAt ??= performance.now()
      resolve()
    }
    process.on('SIGTERM', told).on('SIGINT', told)
  })
  log.info('Stopping.')
  setTimeout(() => {
    log.error('Stopping took too long, and was given up.')
    process.exit(1)
  }, STOP_LIMIT_MS).unref()
}

/** Logs a mistake of ours that nobody catches, a rejected promise too, and ends the process with status 1: its state is unknown. */
export function endOnMistakes(log: Logger): void {
  process.on('uncaughtException', (error, origin) => {
    log.fatal({ err: error, origin }, 'A mistake of ours ends the process.')
    process.exit(1)
  })
}

/**
 * Gives the means to stop a server that is not listening yet: it takes no connection any more, and finishes the requests under way, for
 * ten seconds at most. Nothing to do where it never came to listen.
 */
export function stopperOf(server: Server): () => Promise<void> {
  const connections = new Set<Socket>()
  const keep = (connection: Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  }
  server.on('connection', keep).on('secureConnection', keep)
  return () => stopServer(server, connections)
}

async function stopServer(server: Server, connections: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return
  server.close()
  const idle = setInterval(() => {
    server.closeIdleConnections()
    // Who has never said a word is idle to Node 26, but not to Node 24.
    for (const connection of connections) if (connection.bytesRead === 0) connection.destroy()
  }, IDLE_CHECK_MS)
  const late = setTimeout(() => {
    server.closeAllConnections()
  }, REQUEST_LIMIT_MS)
  await once(server, 'close')
  clearInterval(idle)
  clearTimeout(late)
}
