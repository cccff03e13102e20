import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { APP_ID, PASSWORD } from '../admin/support.ts'
import { KEY, program } from '../api/support.ts'
import { type Person, person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

const world = await startWorld({ ADMIN_PASSWORD: PASSWORD, API_KEYS: KEY })
afterAll(() => world[Symbol.asyncDispose]())

beforeEach(async () => {
  world.restart()
  await world.database.query('DELETE FROM accounts')
})

const DELETED = '@harbour.bakery was disconnected, and its token was deleted.'
const REVOKED = `${DELETED} Access was also revoked on Instagram.`
const NOT_REVOKED =
  'Your account was disconnected, and its token was deleted. To revoke access on Instagram, remove the app there under Settings → Apps and websites.'

async function connected(): Promise<Person> {
  const somebody = person(world)
  await somebody.login()
  return somebody
}

async function operator(): Promise<Person> {
  const somebody = person(world)
  await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  return somebody
}

/** The calls by which the app revokes its access, since the test began. */
function revocations() {
  const calls = world.sandbox.calls.filter(({ endpoint }) => endpoint === 'revoke')
  const before = calls.length
  return () => world.sandbox.calls.filter(({ endpoint }) => endpoint === 'revoke').slice(before)
}

const storedAccounts = async () => (await world.database.query('SELECT * FROM accounts')).rows
const noticeOn = (page: string) => /<p class="notice">(.*)<\/p>/.exec(page)?.[1]

test('a person who disconnects reads once that Instagram revoked the access, with all tokens', async () => {
  const calls = revocations()
  const somebody = await connected()
  const token = world.sandbox.dashboardToken('business')

  await somebody.submit('/disconnect', { account: APP_ID })
  const [first, second] = [await somebody.get('/'), await somebody.get('/')]

  expect(calls()).toMatchObject([{ method: 'DELETE', path: '/me/permissions' }])
  const me = await fetch(`${world.sandbox.graphUrl}/v27.0/me?fields=username&access_token=${token}`)
  expect(me.status).toBe(400)
  expect([noticeOn(first.text), noticeOn(second.text)]).toStrictEqual([
    REVOKED.replace('@harbour.bakery', 'Your account'),
    undefined,
  ])
  expect((await world.database.query('SELECT * FROM sessions WHERE account_key IS NULL')).rows).toStrictEqual([])
})

test.each([
  ['400', 'token_expired'],
  ['500', 'temporary_failure'],
  ['no answer at all', 'hang'],
] as const)('a person whose access Instagram does not revoke (%s) reads what to do', async (_, fault) => {
  const calls = revocations()
  const somebody = await connected()
  world.sandbox.fail(fault, { at: 'revoke' })
  const logged = world.log.length
  const began = performance.now()

  const disconnecting = somebody.submit('/disconnect', { account: APP_ID })
  await expect.poll(() => calls().length).toBe(1)
  const stored = await storedAccounts()
  await disconnecting

  expect(performance.now() - began).toBeLessThan(4_000)
  expect(stored).toStrictEqual([])
  expect(noticeOn((await somebody.get('/')).text)).toBe(NOT_REVOKED)
  const lines = world.log.slice(logged).join('')
  expect(lines).toContain('Instagram did not revoke the access of a disconnected account')
  expect(lines).not.toContain('IGAA')
})

describe('Instagram revokes the access, too, when an account is disconnected', () => {
  test('by an admin, who is asked first and reads it', async () => {
    const calls = revocations()
    await connected()
    const admin = await operator()

    const question = await admin.get(`/accounts/${APP_ID}/disconnect`)
    await admin.post(`/accounts/${APP_ID}/disconnect`)

    expect(question.text).toContain('This site also asks Instagram to revoke')
    expect(noticeOn((await admin.get('/accounts')).text)).toBe(REVOKED)
    expect(calls()).toHaveLength(1)
  })

  test('by a program', async () => {
    const calls = revocations()
    await connected()

    const { status } = await program(world).remove(`/api/accounts/${APP_ID}`)

    expect([status, calls().length]).toStrictEqual([204, 1])
  })
})

test('an account that was removed on Instagram is disconnected without a call or advice', async () => {
  const calls = revocations()
  await connected()
  await world.sandbox.tell('deauthorize', 'business')
  const admin = await operator()

  await admin.post(`/accounts/${APP_ID}/disconnect`)

  expect(noticeOn((await admin.get('/accounts')).text)).toBe(DELETED)
  expect(calls()).toStrictEqual([])
})

test('an account whose token no key decrypts is disconnected all the same', async () => {
  const somebody = await connected()
  world.restart({ TOKEN_KEYS: `k2:${Buffer.alloc(32, 9).toString('base64')}` })

  await somebody.submit('/disconnect', { account: APP_ID })

  expect(noticeOn((await somebody.get('/')).text)).toBe(NOT_REVOKED)
  expect(await storedAccounts()).toStrictEqual([])
})

test('with REVOKE_ON_DISCONNECT=off Instagram is not asked', async () => {
  world.restart({ REVOKE_ON_DISCONNECT: 'off' })
  const calls = revocations()
  const somebody = await connected()

  const question = await (await operator()).get(`/accounts/${APP_ID}/disconnect`)
  await somebody.submit('/disconnect', { account: APP_ID })

  expect(question.text).not.toContain('asks Instagram')
  expect(noticeOn((await somebody.get('/')).text)).toBe(NOT_REVOKED)
  expect(calls()).toStrictEqual([])
})
