import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { ID, knowledge, meta, post, rows, USER_ID } from './metaCalls.ts'

const WEBHOOK = {
  WEBHOOK_URL: 'http://127.0.0.1:9/hook',
  WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 5).toString('base64')}`,
}

test('a person who asks for deletion gets a code and a page, and everything about them is gone', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()

  const answer = await meta(world, '/data-deletion')

  expect(answer.status).toBe(200)
  expect(answer.type).toBe('application/json')
  const { url, confirmation_code: code } = answer.body as Record<string, string>
  expect(Object.keys(answer.body as object).sort()).toStrictEqual(['confirmation_code', 'url'])
  expect(code).toMatch(/^[a-z0-9]{32}$/)
  expect(url).toBe(`${world.origin}/data-deletion/${code ?? ''}`)
  const page = await person(world).get(`/data-deletion/${code ?? ''}`)
  expect(page.status).toBe(200)
  expect(page.text).toContain('Your data was deleted')
  expect(page.text).toContain(code)
  expect(await rows(world)).toStrictEqual([])
  expect((await somebody.get('/')).text).toContain('Get Started</a>')
})

test('nothing of anybody else is touched', async () => {
  await using world = await startWorld(WEBHOOK)
  const other = person(world)
  await person(world).login()
  await other.login({ as: 'creator' })

  await meta(world, '/data-deletion')

  expect(await rows(world)).toMatchObject([{ username: 'mira.draws', status: 'ok' }])
  expect((await other.get('/')).text).toContain('@mira.draws')
  expect(await world.database.all('SELECT * FROM events')).toHaveLength(1)
})

test('the same person again gets an answer again, and nothing changes', async () => {
  await using world = await startWorld()
  await person(world).login({ as: 'creator' })
  await person(world).login()
  const first = await meta(world, '/data-deletion')
  const before = [await rows(world), await world.database.all('SELECT * FROM sessions')]

  const second = await meta(world, '/data-deletion')

  expect(second.status).toBe(200)
  expect([await rows(world), await world.database.all('SELECT * FROM sessions')]).toStrictEqual(before)
  for (const { body } of [first, second]) {
    const { confirmation_code: code = '' } = body as Record<string, string>
    expect((await person(world).get(`/data-deletion/${code}`)).status).toBe(200)
  }
})

test('the record of a deletion says when it was asked and done, and nothing else', async () => {
  await using world = await startWorld()
  await person(world).login()
  const asked = new Date(Math.floor(world.now().getTime() / 1000) * 1000)
  world.pass(90_000)

  const answer = await meta(world, '/data-deletion', { issuedAt: asked })

  const { confirmation_code } = answer.body as Record<string, string>
  expect(await world.database.all('SELECT * FROM deletions')).toStrictEqual([
    { confirmation_code, asked_at: asked.getTime(), done_at: world.now().getTime() },
  ])
})

test('an account that is known by its professional id only is deleted by that', async () => {
  await using world = await startWorld()
  await person(world).login()
  await world.database.run('UPDATE accounts SET id = user_id, user_id = NULL')

  await meta(world, '/data-deletion', { userId: USER_ID })

  expect(await rows(world)).toStrictEqual([])
})

test('the log of a deletion leads to nobody', async () => {
  await using world = await startWorld()
  await person(world).login()
  const [, ...known] = await knowledge(world)
  world.log.length = 0

  const answer = await meta(world, '/data-deletion')

  const { confirmation_code: code } = answer.body as Record<string, string>
  const log = world.log.join('')
  expect(log).toContain(code)
  for (const piece of [ID, ...known]) expect(log).not.toContain(piece)
})

test('a request that is not rightly signed deletes nothing', async () => {
  await using world = await startWorld()
  await person(world).login()

  const answers = [
    await meta(world, '/data-deletion', { secret: 'some-other-secret' }),
    await post(world, '/data-deletion', { signed_request: 'a.b' }),
    await post(world, '/data-deletion', {}),
  ]

  for (const { status, body } of answers)
    expect([status, body]).toStrictEqual([400, { error: 'invalid_request' }])
  expect(await rows(world)).toHaveLength(1)
  expect(await world.database.all('SELECT * FROM deletions')).toStrictEqual([])
})

test.each(['0'.repeat(32), 'x', '%27%20OR%201=1', '..%2f', '%00'])(
  'the status of a deletion that nobody asked for (%s) is not found',
  async (code) => {
    await using world = await startWorld()
    await meta(world, '/data-deletion')

    const page = await person(world).get(`/data-deletion/${code}`)

    expect(page.status).toBe(404)
    expect(page.text).toContain('We know no deletion with this code')
  },
)

test('whoever opens the address without a code is told how to ask', async () => {
  await using world = await startWorld()

  const page = await person(world).get('/data-deletion')

  expect(page.status).toBe(200)
  expect(page.text).toContain('Apps and websites')
  expect(page.get('Set-Cookie')).toBeUndefined()
})
