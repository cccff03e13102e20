import { expect, onTestFinished, test, vi } from 'vitest'
import { KEY, program, startApiWorld } from '../api/support.ts'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

/** The statuses of so many requests from one address, some at a time, and the last answer. */
async function flood(world: World, count: number, path: string, options: RequestInit = {}) {
  const statuses = new Map<number, number>()
  let last = new Response()
  for (let sent = 0; sent < count; sent += 20) {
    const some = Array.from({ length: Math.min(20, count - sent) }, async () => {
      const answer = await fetch(world.origin + path, { redirect: 'manual', ...options })
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      return { answer, text: await answer.text() }
    })
    for (const { answer, text } of await Promise.all(some))
      if (answer.status === 429 || last.status !== 429) last = new Response(text, answer)
  }
  return { statuses: Object.fromEntries(statuses), last, text: await last.text() }
}

/** express-rate-limit goes by the system's clock, whatever clock our app has. */
function aMinuteLater(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

test('of the callbacks of one address 600 a minute may fail; then a page says to wait, and a minute later it goes on', async () => {
  await using world = await startWorld()

  const { statuses, last, text } = await flood(world, 605, '/response?code=a&state=b')
  aMinuteLater()
  const later = await person(world).get('/response?code=a&state=b')

  expect(statuses).toStrictEqual({ 400: 600, 429: 5 })
  expect(Number(last.headers.get('Retry-After'))).toBeGreaterThan(0)
  expect(Number(last.headers.get('Retry-After'))).toBeLessThanOrEqual(60)
  expect(text).toContain('That was too much at once')
  expect(later.status).toBe(400)
})

test('logins that go well are never too many', async () => {
  await using world = await startWorld()
  await flood(world, 590, '/response?code=a&state=b')
  const pages = []

  for (let login = 0; login < 15; login += 1) pages.push(await person(world).login())

  expect(pages.filter(({ status }) => status !== 200)).toStrictEqual([])
})

test('of one address 60 tokens a minute are taken on the page, well or not', async () => {
  await using world = await startWorld()
  const form = { method: 'POST', headers: { 'Sec-Fetch-Site': 'same-origin' }, body: new URLSearchParams() }

  const { statuses, text } = await flood(world, 63, '/import', form)

  expect(statuses).toStrictEqual({ 422: 60, 429: 3 })
  expect(text).toContain('Wait a minute')
})

test('a program may bring 600 tokens a minute, and is then told to wait by a problem', async () => {
  await using world = await startApiWorld()
  const post = {
    method: 'POST',
    headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
    body: '{"access_token":"EAA"}',
  }

  const { statuses, last, text } = await flood(world, 603, '/api/accounts', post)
  const listed = await program(world).get('/api/accounts')

  expect(statuses).toStrictEqual({ 422: 600, 429: 3 })
  expect(last.headers.get('Content-Type')).toMatch(/^application\/problem\+json/)
  expect(last.headers.get('Retry-After')).toMatch(/^\d+$/)
  expect(JSON.parse(text)).toMatchObject({ type: '/problems/too_many_requests', status: 429 })
  expect(listed.status).toBe(200)
})

test.each(['/api/accounts', '/metrics'])(
  'at %s wrong keys are heard 60 times a minute; the right key is let through all the same',
  async (path) => {
    await using world = await startApiWorld()
    const wrong = { headers: { Authorization: `Bearer ${KEY}x` } }

    const { statuses, last, text } = await flood(world, 65, path, wrong)
    const right = await program(world).get(path)

    expect(statuses).toStrictEqual({ 401: 60, 429: 5 })
    expect(last.headers.get('Retry-After')).toMatch(/^\d+$/)
    expect(JSON.parse(text)).toMatchObject({ type: '/problems/too_many_requests' })
    expect(right.status).toBe(200)
  },
)

test('right keys are never too many, nor are mistakes that are none of the key', async () => {
  await using world = await startApiWorld()

  const keyless = await flood(world, 80, '/api/openapi.json', { method: 'DELETE' })
  const right = await flood(world, 80, '/api/nothing', { headers: { Authorization: `Bearer ${KEY}` } })

  expect([keyless.statuses, right.statuses]).toStrictEqual([{ 405: 80 }, { 404: 80 }])
})

test('behind a proxy that is announced, each address counts for itself', async () => {
  await using world = await startApiWorld({ TRUST_PROXY: '1' })
  const from = (address: string) => ({
    headers: { Authorization: `Bearer ${KEY}x`, 'X-Forwarded-For': address },
  })

  const one = await flood(world, 62, '/api/accounts', from('192.0.2.1'))
  const other = await flood(world, 2, '/api/accounts', from('192.0.2.2'))

  expect([one.statuses, other.statuses]).toStrictEqual([{ 401: 60, 429: 2 }, { 401: 2 }])
  expect(world.log.join('')).not.toContain('TRUST_PROXY is off')
})

test('behind a proxy that is not announced nobody can pretend to be many, and the log says once what is missing', async () => {
  await using world = await startApiWorld()
  const statuses = []

  for (let address = 1; address <= 61; address += 1)
    statuses.push(
      (
        await flood(world, 1, '/api/accounts', {
          headers: { Authorization: `Bearer ${KEY}x`, 'X-Forwarded-For': `192.0.2.${address}` },
        })
      ).last.status,
    )

  expect(statuses.at(-1)).toBe(429)
  expect(world.log.filter((line) => line.includes('TRUST_PROXY is off'))).toHaveLength(1)
})
