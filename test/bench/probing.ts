import { once } from 'node:events'
import type { Running } from './running.ts'

/** What a probe is asked: the heap after collection, or to begin a CPU profile, or to end it and write it to a file. */
export interface Question {
  ask: 'heap' | 'profile' | 'profiled'
  file?: string
}

/** Node's arguments for a server that can be asked. */
export const PROBE = ['--expose-gc', '--import', `${import.meta.dirname}/probe.ts`]

/** Asks the probe in a server; the answer is bytes, or without meaning. */
export async function ask({ child }: Running, question: Question): Promise<number> {
  const answered = once(child, 'message')
  child.send(question)
  const [figure] = (await answered) as [number]
  return figure
}
