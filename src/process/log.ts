import pino, { type Logger } from 'pino'
import type { Config } from '../settings/config.ts'

/**
 * The process's log on standard output: lines to read in a terminal, JSON everywhere else, which another thread writes. What has not been
 * written when the process ends is written then; a process that is killed may take its last lines along.
 */
export async function createLog({ logLevel }: Config): Promise<Logger> {
  const options = { level: logLevel, base: null, serializers: { err: pino.stdSerializers.errWithCause } }
  if (!process.stdout.isTTY) return pino(options)

  // Loaded only where it is wanted, as in development.
  const { default: pretty } = await import('pino-pretty')
  return pino(options, pretty({ ignore: 'pid,hostname', sync: true }))
}
