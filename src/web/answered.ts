import type { Response } from 'express'
import { expectLateAnswer } from './lateAnswer.ts'
import { withHeadersOfHost } from './security.ts'
import { visitOf } from './visit.ts'

/** What a hook of the app around us makes of an answer. `failed`: it threw, and has answered nothing. */
type Outcome = 'answered' | 'not answered' | 'failed'

/**
 * Calls a hook of the app around us, waits until it is over, and for what it is rendering or sending then. What it throws goes to the
 * log; an answer that has begun by then breaks off. One that has not begun keeps the status, and our headers, that it had before.
 *
 * @param name By which the log calls the hook.
 */
export async function answered(response: Response, name: string, hook: () => unknown): Promise<Outcome> {
  const { statusCode } = response
  const withOurHeaders = withHeadersOfHost(response)
  const watch = watchAnswer(response)
  let failed = false
  try {
    await hook()
    await watch.completion()
  } catch (error) {
    failed = true
    visitOf(response.req).log.error({ err: asError(error) }, `${name} failed`)
  } finally {
    watch.stop()
  }
  if (!watch.hasBegun()) {
    response.statusCode = statusCode
    withOurHeaders()
    expectLateAnswer(response, name)
    return failed ? 'failed' : 'not answered'
  }
  if (failed && !watch.hasEnded()) response.destroy()
  return 'answered'
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('thrown without an error', { cause: thrown })
}

const WATCHED = ['end', 'render', 'sendFile']

/** What tells that an answer is given. Express goes on rendering, and sending a file, when its methods have returned. */
function watchAnswer(response: Response) {
  const end = response.end.bind(response) as (...rest: unknown[]) => Response
  // The app around us may have put its own there, to compress or to lay pages out.
  const former = WATCHED.map((name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const)
  const underWay: Promise<void>[] = []
  let ended = false
  let piped = false
  const onPipe = () => (piped = true)

  response.once('pipe', onPipe)
  // A session may be saved before the end of an answer is sent.
  response.end = (...rest: unknown[]) => {
    ended = true
    return end(...rest)
  }
  awaitCallback(response, 'render', underWay, (error, html) => {
    if (error) throw asError(error)
    response.send(html)
  })
  awaitCallback(response, 'sendFile', underWay, (error) => {
    if (error && !isGone(error)) throw asError(error)
  })

  return {
    /** Rejects with the error of what could not be rendered or sent. */
    async completion() {
      // One may begin another when it is done: a layout around what was rendered.
      for (const work of underWay) await work
    },
    hasBegun: () => ended || piped || response.headersSent,
    hasEnded: () => ended,
    stop() {
      response.off('pipe', onPipe)
      for (const [name, theirs] of former) {
        Reflect.deleteProperty(response, name)
        if (theirs) Object.defineProperty(response, name, theirs)
      }
    },
  }
}

type Callback = (error: unknown, html?: string) => unknown
type Method = (first: string, options: object, callback: Callback) => void

/** Has one of Express's methods tell when it is done. `usual`: what it does then, where it was given no callback. */
function awaitCallback(
  response: Response,
  name: 'render' | 'sendFile',
  underWay: Promise<void>[],
  usual: Callback,
): void {
  const method = (response[name] as Method).bind(response)
  const watched = (first: string, options?: object | Callback, callback?: Callback) => {
    const then = typeof options === 'function' ? (options as Callback) : (callback ?? usual)
    const given = typeof options === 'object' ? options : {}
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    promise.catch(() => undefined) // Whoever waits for it hears of it.
    underWay.push(promise)
    method(first, given, (...result) => {
      Promise.try(then, ...result).then(() => {
        resolve(undefined)
      }, reject)
    })
  }
  Object.assign(response, { [name]: watched })
}

/** Whether nobody waits for the file any more: as Express tells it. */
function isGone(error: unknown): boolean {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown }
  return code === 'ECONNABORTED' || syscall === 'write'
}
