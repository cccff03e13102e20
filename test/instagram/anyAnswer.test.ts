import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Grant } from '../../src/instagram/grant.ts'
import { InstagramError } from '../../src/instagram/failure.ts'
import type { Misbehaviour } from '../../src/sandbox/misbehaviour.ts'
import { startWire } from './support.ts'

const STATUSES = [200, 200, 200, 201, 204, 302, 304, 400, 401, 403, 404, 429, 500, 503]

/** Values that come near an answer: the right names, with anything in them. */
const nearly = fc.record(
  {
    access_token: fc.oneof(fc.string(), fc.jsonValue()),
    user_id: fc.oneof(fc.maxSafeNat(), fc.integer(), fc.double(), fc.jsonValue()),
    permissions: fc.oneof(fc.array(fc.string()), fc.string(), fc.jsonValue()),
    expires_in: fc.oneof(fc.maxSafeNat(), fc.double(), fc.string(), fc.jsonValue()),
    user: fc.oneof(
      fc.record({ id: fc.oneof(fc.nat(), fc.jsonValue()), username: fc.jsonValue() }),
      fc.jsonValue(),
    ),
    error: fc.oneof(
      fc.record({ message: fc.string(), code: fc.jsonValue(), type: fc.jsonValue() }),
      fc.jsonValue(),
    ),
    error_message: fc.jsonValue(),
    meta: fc.jsonValue(),
  },
  { requiredKeys: [] },
)

test.each([
  ['JSON', fc.jsonValue().map((value) => JSON.stringify(value))],
  ['JSON with the right names', nearly.map((value) => JSON.stringify(value))],
  ['JSON in data', nearly.map((value) => JSON.stringify({ data: [value] }))],
  ['bytes', fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes))],
])('any %s, with any status, is a grant or one of our failures', { timeout: 60_000 }, async (_, bodies) => {
  await using wire = await startWire()

  const anyAnswer = fc.asyncProperty(fc.constantFrom(...STATUSES), bodies, async (status, body) => {
    wire.sandbox.answerNext('token', { status, body })
    const outcome: unknown = await wire.instagram.exchangeCode('AQ').catch((error: unknown) => error)
    return outcome instanceof InstagramError || isWellFormed(outcome as Grant)
  })

  await fc.assert(anyAnswer, { numRuns: 300 })
})

test('any digits as a bare user_id come back exactly', { timeout: 60_000 }, async () => {
  await using wire = await startWire()
  const digits = fc.stringMatching(/^(0|[1-9]\d{0,39})$/)

  const exact = fc.asyncProperty(digits, fc.boolean(), async (id, wrapped) => {
    const flat = `{"access_token":"IGAAx","user_id":${id}}`
    wire.sandbox.answerNext('token', { body: wrapped ? `{"data":[${flat}]}` : flat })
    expect((await wire.instagram.exchangeCode('AQ')).userId).toBe(id)
  })

  await fc.assert(exact, { numRuns: 300 })
})

test('any digits as bare ids of a profile come back exactly', { timeout: 60_000 }, async () => {
  await using wire = await startWire()
  const digits = fc.stringMatching(/^(0|[1-9]\d{0,39})$/)

  const exact = fc.asyncProperty(digits, digits, async (id, userId) => {
    wire.sandbox.answerNext('me', { body: `{"id":${id},"user_id":${userId}}` })
    expect(await wire.instagram.profile('IGAAx')).toMatchObject({ id, userId })
  })

  await fc.assert(exact, { numRuns: 200 })
})

test(
  'an exchange brings a code and nothing else over, whatever it is made of',
  { timeout: 60_000 },
  async () => {
    await using wire = await startWire()
    const refusing: Misbehaviour = { status: 400, body: '{}' }

    const exact = fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), async (code) => {
      wire.sandbox.answerNext('token', refusing)
      await wire.instagram.exchangeCode(code).catch(() => undefined)
      const fields = wire.sandbox.calls.at(-1)?.fields ?? []
      expect(fields).toHaveLength(5)
      expect(fields).toContainEqual(['code', code])
    })

    await fc.assert(exact, { numRuns: 200 })
  },
)

function isWellFormed({ token, userId, permissions }: Grant): boolean {
  const end = token.expiresAt
  return (
    token.accessToken !== '' &&
    /^\d+$/.test(userId) &&
    (permissions === null || permissions.every((scope) => typeof scope === 'string')) &&
    (end === null || end > token.obtainedAt)
  )
}
