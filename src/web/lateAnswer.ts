import type { Response } from 'express'
import { ours } from './ours.ts'
import { visitOf } from './visit.ts'

/** By their names, the hooks that may still answer, though they are over. */
const overdue = ours<string[]>('overdue hooks')

/**
 * From now on there may be two answers: ours, and one of a hook of the app around us that did not say by a promise that it had not
 * answered yet. The first of them goes out, and the other, which would end the app by an error that nobody catches, is told to the log.
 *
 * @param name By which the log calls the hook.
 */
export function expectLateAnswer(response: Response, name: string): void {
  const known = overdue.find(response)
  if (known) {
    known.push(name)
    return
  }
  overdue.put(response, [name])
  let ended = false
  let told = false

  const late = (): Response => {
    if (!told) visitOf(response.req).log.error(tooLate(overdue.of(response)), 'a second answer was dropped')
    told = true
    if (!ended) response.destroy() // What the other one has sent so far is no whole answer.
    return response
  }
  const guard = (method: (typeof OF_HEAD | typeof OF_BODY)[number], isLate: () => boolean) => {
    const former = response[method].bind(response) as (...rest: unknown[]) => unknown
    const guarded = (...rest: unknown[]) => {
      if (isLate()) return late()
      const result = former(...rest)
      if (method === 'end') ended = true // Now only: what the app around us has put there may write first.
      return result
    }
    Object.assign(response, { [method]: guarded })
  }
  for (const method of OF_HEAD) guard(method, () => response.headersSent)
  for (const method of OF_BODY) guard(method, () => ended)
}

const OF_HEAD = ['setHeader', 'appendHeader', 'removeHeader', 'writeHead'] as const
const OF_BODY = ['write', 'end'] as const

function tooLate(names: readonly string[]): Error {
  return new Error(
    `${names.join(' or ')} answered after it was over, beside our own answer, and only the first of the two went out: where a hook answers later than it returns, it has to return a promise that settles then.`,
  )
}
