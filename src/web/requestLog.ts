import { randomInt } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, Response } from 'express'
import pino, { type Logger } from 'pino'
import { type HttpLogger, pinoHttp } from 'pino-http'
import { forLog, Refusal } from '../login/failures.ts'
import { routeOf } from './finishedRequest.ts'

declare module 'http' {
  interface ServerResponse {
    /** The name of the failure, set by whatever made an answer of an error. */
    failure?: string | undefined
  }
}

/**
 * One line a request: number, method, route, status, time, how it ended, and the error if there was one, with what mends it. Never an address, a
 * query, a header or a body: they hold codes, states, cookies and who somebody is.
 */
export function requestLog(logger: Logger): HttpLogger<Request, Response> {
  return pinoHttp<Request, Response>({
    logger,
    genReqId: (request) => announcedId(request) ?? newReference(),
    wrapSerializers: false,
    serializers: {
      req: ({ id, method }: Request) => ({ id, method }),
      res: ({ statusCode }: Response) => ({ status: statusCode }),
      err: (error: Error) =>
        error instanceof Refusal
          ? { type: error.name, message: error.message }
          : pino.stdSerializers.errWithCause(error),
    },
    customSuccessObject: (request, response, line: object) => ({ ...ending(request, response), ...line }),
    customErrorObject: (request, response, _error, line: object) => ({
      ...ending(request, response),
      ...line,
    }),
    customProps: (_request, { err }) => ({ ...forLog(err) }),
    customLogLevel: (request, { statusCode }) => {
      const route = routeOf(request)
      if (route === '/healthz' || route === '/readyz') return 'debug'
      if (statusCode >= 500) return 'error'
      if (statusCode >= 400) return 'warn'
      return QUIET.has(route) ? 'debug' : 'info'
    },
  })
}

/** What goes well every few seconds. */
const QUIET: ReadonlySet<string> = new Set(['/assets/*', '/metrics'])

/** How a request ended: `ok`, the name of its failure, or `aborted` where nobody waited for the answer. */
function ending(request: Request, response: ServerResponse): { route: string; outcome: string } {
  const outcome = response.writableEnded ? (response.failure ?? 'ok') : 'aborted'
  return { route: routeOf(request), outcome }
}

/** The number by which the log and an error page name a request, such as `7K2M-QX4D`. */
export function referenceOf({ id }: IncomingMessage): string {
  return typeof id === 'string' ? id : ''
}

/** The number that a proxy gave the request, so that its log and ours say the same. Of a stranger it would be anything. */
function announcedId(request: Request): string | undefined {
  const trusts = request.app.get('trust proxy fn') as (address: string, hop: number) => boolean
  const id = request.get('X-Request-Id')
  if (!id || !/^[\w.:-]{1,64}$/.test(id)) return undefined
  return trusts(request.socket.remoteAddress ?? '', 0) ? id : undefined
}

// Without letters and digits that look alike: a person reads it to somebody on the telephone.
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'

function newReference(): string {
  const letters = Array.from({ length: 8 }, () => ALPHABET[randomInt(ALPHABET.length)])
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`
}
