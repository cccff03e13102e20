import type { Request, RequestHandler, Response } from 'express'
import pino, { type Level, type Logger } from 'pino'
import type { Mender } from '../instagram/catalogue/entry.ts'
import { forLog, Refusal } from '../login/failures.ts'
import { type FinishedRequest, finishedRequest } from './finishedRequest.ts'
import { putVisit, type Visit } from './visit.ts'

/**
 * One line a request: number, method, route, status, time, how it ended, and the error if there was one, with what mends it. Never an address, a
 * query, a header or a body: they hold codes, states, cookies and who somebody is. `onRequest` is told of each too.
 */
export function requestLog(
  logger: Logger,
  onRequest: (request: FinishedRequest) => void = () => undefined,
): RequestHandler {
  const log = logger.child({}, { serializers: { err: serializeError } })
  return (request, response, next) => {
    const began = performance.now()
    const { method } = request
    const reference = announcedId(request) ?? newReference()
    const visit = { log: log.child({ req: { id: reference, method } }), reference, mount: request.baseUrl }
    putVisit(request, visit)
    response.on('close', () => {
      const finished = finishedRequest(request, response, (performance.now() - began) / 1000)
      tell(visit, finished, response)
      onRequest(finished)
    })
    next()
  }
}

function tell({ log, error, failure }: Visit, { route, seconds }: FinishedRequest, response: Response): void {
  const { statusCode: status, writableEnded } = response
  const explained = forLog(error)
  const line = {
    ...explained,
    route,
    outcome: writableEnded ? (failure ?? 'ok') : 'aborted',
    res: { status },
    responseTime: Math.round(seconds * 1000),
    ...(error && { err: error }),
  }
  log[levelOf(route, status, explained?.mender)](
    line,
    `request ${error ? 'errored' : writableEnded ? 'completed' : 'aborted'}`,
  )
}

/** What a person can mend, such as to say no at Instagram, need not worry whoever runs the site. */
function levelOf(route: string, status: number, mender: Mender | undefined): Level {
  if (WATCHED.has(route)) return 'debug'
  if (status >= 500) return 'error'
  if (status >= 400) return mender === 'person' ? 'info' : 'warn'
  return QUIET.has(route) ? 'debug' : 'info'
}

/** What is asked for every few seconds, and told of by itself where it does not go well. */
const WATCHED: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

/** What goes well every few seconds. */
const QUIET: ReadonlySet<string> = new Set(['/assets/*', '/metrics'])

function serializeError(error: Error): object {
  return error instanceof Refusal
    ? { type: error.name, message: error.message }
    : pino.stdSerializers.errWithCause(error)
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
  return `${fourLetters()}-${fourLetters()}`
}

// No secret, so that it needs no randomness that nobody can guess.
function fourLetters(): string {
  let letters = ''
  while (letters.length < 4) letters += ALPHABET.charAt(Math.random() * ALPHABET.length)
  return letters
}
