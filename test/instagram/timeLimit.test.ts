import { Agent } from 'undici'
import { test } from 'vitest'
import { call, CALL_TIME_LIMIT_MS } from '../../src/instagram/call.ts'
import { refusal, startWire } from './support.ts'

// The limit is the real one, so all wait for it at once.
test.concurrent.for(['hang', 'slow'] as const)(
  'an answer that comes by a connection under “%s” is given up after ten seconds',
  { timeout: 20_000 },
  async (fault, { expect }) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('token', { fault })
    const begun = performance.now()

    const error = await refusal(wire.instagram.exchangeCode('AQ'))

    const seconds = (performance.now() - begun) / 1000
    expect(CALL_TIME_LIMIT_MS).toBe(10_000)
    expect(seconds).toBeGreaterThan(9.5)
    expect(seconds).toBeLessThan(15)
    expect(error.failure).toBe('timed_out')
    expect(error.evidence.endpoint).toBe(`${wire.sandbox.origin}/oauth/access_token`)
    expect(wire.sandbox.calls).toHaveLength(1)
  },
)

test.concurrent(
  'a call whose connection never comes about is given up after ten seconds, and not made later',
  { timeout: 20_000 },
  async ({ expect }) => {
    const connecting = Promise.withResolvers<() => void>()
    const agent = new Agent({
      connect: (_, callback) => {
        connecting.resolve(() => {
          callback(new Error('too late'), null)
        })
      },
    })
    const begun = performance.now()

    const error = await refusal(call(agent, { url: new URL('http://127.0.0.1/me') }))
    const seconds = (performance.now() - begun) / 1000
    const tellLate = await connecting.promise
    tellLate()

    expect(seconds).toBeGreaterThan(9.5)
    expect(error.failure).toBe('timed_out')
    await agent.destroy()
  },
)
