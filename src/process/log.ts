import pino, { type Logger } from 'pino'
import type { Config } from '../settings/config.ts'

/**
 * The process's log on standard output: lines to read in a terminal, JSON everywhere else. A line is written when the call returns, so
 * that the last one before the end is not lost.
 */
export async function createLog({ logLevel }: Config): Promise<Logger> {
  const options = { level: logLevel, base: null, serializers: { err: pino.stdSerializers.errWithCause } }
  if (!process.stdout.isTTY) return pino(options)

  // Loaded only where it is wanted, as in development.
  const { default: pretty } = await import('pino-pretty')
  return pino(options, pretty({ ignore: 'pid,hostname', sync: true }))
}
