import { writeFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector'
import type { Question } from './probing.ts'

// Loaded into a server before its own modules: looks at the process from inside, when the bench asks.

const session = new Session()
session.connect()

process.on('message', ({ ask, file }: Question) => {
  if (ask === 'heap') answer(heapAfterCollection())
  else if (ask === 'profile') begin()
  else end(file ?? '')
})
// The server stops as it would without a probe.
process.channel?.unref()

function begin(): void {
  session.post('Profiler.enable', () => {
    session.post('Profiler.start', () => {
      answer(0)
    })
  })
}

function end(file: string): void {
  session.post('Profiler.stop', (_error, { profile }: Profiler.StopReturnType) => {
    writeFileSync(file, JSON.stringify(profile))
    answer(0)
  })
}

function answer(figure: number): void {
  process.send?.(figure)
}

/** Twice, for what the first collection lets go of is the second's to collect. */
function heapAfterCollection(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
