import { randomInt } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Request, Response } from 'express'
import pino, { type Logger } from 'pino'
import { type HttpLogger, pinoHttp } from 'pino-http'
import { forLog, Refusal } from './failures.ts'

/**
 * One line a request: number, method, path, status, time, and the error if there was one, with what mends it. Never a query, a header or a body:
 * they hold codes, states and cookies.
 */
export function requestLog(logger: Logger): HttpLogger<Request, Response> {
  return pinoHttp<Request, Response>({
    logger,
    genReqId: newReference,
    wrapSerializers: false,
    serializers: {
      req: ({ id, method, originalUrl }: Request) => ({
        id,
        method,
        path: originalUrl.split(/[?;&]|%3f/i)[0],
      }),
      res: ({ statusCode }: Response) => ({ status: statusCode }),
      err: (error: Error) =>
        error instanceof Refusal
          ? { type: error.name, message: error.message }
          : pino.stdSerializers.errWithCause(error),
    },
    customProps: (_request, { err }) => ({ ...forLog(err) }),
    customLogLevel: (request, { statusCode }) => {
      if (statusCode >= 500) return 'error'
      if (statusCode >= 400) return 'warn'
      return request.originalUrl.startsWith('/assets/') ? 'debug' : 'info'
    },
  })
}

/** The number by which the log and an error page name a request, such as `7K2M-QX4D`. */
export function referenceOf({ id }: IncomingMessage): string {
  return typeof id === 'string' ? id : ''
}

// Without letters and digits that look alike: a person reads it to somebody on the telephone.
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'

function newReference(): string {
  const letters = Array.from({ length: 8 }, () => ALPHABET[randomInt(ALPHABET.length)])
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`
}
