import { request } from 'undici'
import { z } from 'zod'
import { spawnPinned } from './machine.ts'

/** How often each call was answered. */
export type Counts = z.output<typeof counts>

const counts = z.object({
  exchange: z.number(),
  longLived: z.number(),
  profile: z.number(),
  refresh: z.number(),
  refused: z.number(),
})

/** The process that plays Instagram. */
export interface Upstream extends AsyncDisposable {
  origin: string
  counts(): Promise<Counts>
  /** Milliseconds before each answer from now on. */
  delay(ms: number): Promise<void>
}

/** Starts the stub on the driver's core. */
export async function startUpstream(): Promise<Upstream> {
  const script = `${import.meta.dirname}/stub/stub.ts`
  const child = spawnPinned('driver', [script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const port = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve).once('exit', () => {
      reject(new Error('The stub did not start'))
    })
  })
  const origin = `http://127.0.0.1:${String(port)}`
  return {
    origin,
    async counts() {
      const { body } = await request(`${origin}/counts`)
      return counts.parse(await body.json())
    },
    async delay(ms) {
      const { body } = await request(`${origin}/delay?ms=${ms}`)
      await body.dump()
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}
