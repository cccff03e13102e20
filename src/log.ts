import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from './config.ts'

/** The process's log on standard output: lines to read in a terminal, JSON everywhere else. A line is written when the call returns, so that the last one before the end is not lost. */
export function createLog({ logLevel }: Config): Logger {
  const options = { level: logLevel, base: null, serializers: { err: pino.stdSerializers.errWithCause } }
  return process.stdout.isTTY ? pino(options, pretty({ ignore: 'pid,hostname', sync: true })) : pino(options)
}
