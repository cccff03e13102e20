import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { APP_ID } from '../admin/support.ts'
import { DAY_MS, HOUR_MS } from '../../src/facts.ts'
import { linkCalled, person } from '../support/person.ts'
import { reconnectPath, startWorld } from '../support/world.ts'

const world = await startWorld({ REFRESH_DAYS_BEFORE_EXPIRY: '50', TAKES_TOKENS: 'on' })
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  await world.database.query('DELETE FROM accounts')
  world.events.length = 0
})

/** How often Instagram was asked for a refresh since the last call. */
const refreshes = (() => {
  let before = 0
  return () => {
    const all = world.sandbox.calls.filter(({ endpoint }) => endpoint === 'refresh').length
    const since = all - before
    before = all
    return since
  }
})()

async function connect() {
  const somebody = person(world)
  const page = await somebody.login()
  return { somebody, page }
}

describe('a connected person', () => {
  test('sees when the token was renewed, and when it will be', async () => {
    const { page } = await connect()

    expect(page.text).toMatch(/Last renewed<\/dt>\s*<dd>\s*<time/)
    expect(page.text).toMatch(/Next renewal<\/dt>\s*<dd>\s*<time[^>]*>[^<]+<\/time> \(in (1\d|20) days\)/)
    expect(page.text).toMatch(/You can renew it manually from <time/)
    expect(page.text).not.toContain('Renew now')
  })

  test('with permissions called like members of an object sees their names', async () => {
    const permissions = ['constructor', '__proto__', 'toString']
    const body = JSON.stringify({ access_token: 'IGAAx', user_id: '27640875392278831', permissions })
    world.sandbox.answerNext('token', { body })

    const { page } = await connect()

    for (const name of permissions) expect(page.text).toContain(`<li class="granted"><span>${name}</span></li>`)
  })

  test.each([
    ['\u202eharbour 🌊', 'H'],
    ['👩‍👩‍👧 family', '👩‍👩‍👧'],
    ['\u200b', 'H'],
  ])('called %j sees the initial %s, and the name changes no direction of other text', async (name, initial) => {
    const { somebody } = await connect()
    await world.database.query('UPDATE accounts SET name = $1', [name])

    const page = await somebody.get('/')

    expect(page.text).toContain(`<span aria-hidden="true">${initial}</span>`)
    expect(page.text).toContain(`<bdi>${name}</bdi> ·&nbsp;Business account`)
  })

  test('can refresh the token once it is a day old, not before', async () => {
    const { somebody } = await connect()
    const tooEarly = await somebody.submit('/refresh', { account: APP_ID })
    const early = refreshes()
    world.pass(DAY_MS)
    const before = await somebody.get('/')

    const response = await somebody.submit('/refresh', { account: APP_ID })

    const after = await somebody.get('/')
    expect([tooEarly.status, early]).toStrictEqual([409, 0])
    expect(before.text).toContain('(in 59 days)')
    expect(before.text).toContain('Renew now')
    expect([response.status, response.get('Location')]).toStrictEqual([303, '/'])
    expect(after.text).toContain('(in 60 days)')
    expect(refreshes()).toBe(1)
  })

  test('whose refresh fails is told why, and keeps the token', async () => {
    const { somebody } = await connect()
    world.pass(DAY_MS)
    world.sandbox.answerNext('refresh', { status: 500, body: '{}' })

    await somebody.submit('/refresh', { account: APP_ID })

    const page = await somebody.get('/')
    expect(page.text).toContain('The last renewal failed')
    expect(page.text).toMatch(/id="token">IGAA\w+</)
  })

  test('is the only one who can refresh the token, and from no other site', async () => {
    const { somebody } = await connect()
    world.pass(DAY_MS)
    refreshes()

    const stranger = await person(world).post('/refresh')
    const forged = await somebody.post('/refresh', { 'Sec-Fetch-Site': 'cross-site' })

    expect([stranger.status, forged.status, refreshes()]).toStrictEqual([410, 403, 0])
  })

  test('whom Instagram refuses connects again with two clicks on the link of the event', async () => {
    const { somebody } = await connect()
    world.pass(21 * DAY_MS)
    world.sandbox.revoke('business')
    await world.runJobs()
    const { reconnectUrl } = world.events.find(({ type }) => type === 'account.needs_reconnect') ?? {}
    const told = await somebody.get('/')

    const page = await somebody.get(new URL(reconnectUrl ?? '').pathname)
    const link = linkCalled('Reconnect @harbour.bakery', page.text)
    await somebody.get(await somebody.authorize(link))

    expect(told.text).toContain('This account must be reconnected')
    expect(told.text).not.toMatch(/id="token"/)
    expect(page.text).toContain('Reconnect @harbour.bakery')
    expect(link).toContain('force_reauth=true')
    expect((await somebody.get('/')).text).toMatch(/id="token">IGAA[^]*\(in 60 days\)/)
  })
})

test('a reconnect link of an account that was disconnected since shows nothing but Get Started', async () => {
  await connect()
  const link = reconnectPath(world, APP_ID)
  await world.database.query('DELETE FROM accounts')

  const page = await person(world).get(link)

  expect(page.status).toBe(200)
  expect(page.text).not.toContain('harbour.bakery')
  expect(page.text).toContain('Get Started</a>')
})

describe('a person with a token of the dashboard', () => {
  test('connects with it, and it is refreshed', async () => {
    const somebody = person(world)
    const token = world.sandbox.dashboardToken('creator', 3 * DAY_MS)

    const response = await somebody.submit('/import', { access_token: ` "${token}"\n` })

    const page = await somebody.get('/')
    expect([response.status, response.get('Location')]).toStrictEqual([303, '/'])
    expect(page.text).toContain('@mira.draws')
    expect(page.text).toContain('(in 60 days)')
    expect(page.text).not.toContain(token)
  })

  test('that is too young to be refreshed keeps it, with the days that are certainly left', async () => {
    const somebody = person(world)
    const token = world.sandbox.dashboardToken('creator', HOUR_MS)

    await somebody.submit('/import', { access_token: token })

    const page = await somebody.get('/')
    expect(page.text).toContain(token)
    expect(page.text).toContain('(in 59 days)')
  })

  test.each([
    ['a Facebook token', `EAA${'x'.repeat(100)}`, 422, 'This is a Facebook token'],
    ['a token of the Basic Display API', `IGQV${'x'.repeat(100)}`, 422, 'API was switched off'],
    ['a token that Instagram never issued', `IGAA${'x'.repeat(100)}`, 422, 'can’t read this token'],
    ['a script', '<script>alert(1)</script>', 422, 'That doesn’t look like an Instagram token'],
    ['nothing', '', 422, 'That doesn’t look like an Instagram token'],
    ['a text that is far too long', 'x'.repeat(20_000), 400, ''],
  ])('is told what it is if it is %s', async (_, text, status, words) => {
    const page = await person(world).submit('/import', { access_token: text })

    expect(page.status).toBe(status)
    expect(page.text).toContain(words)
    expect(page.text.includes('href="/#access_token">Try another token')).toBe(status === 422)
    expect(page.text).not.toContain('alert')
    expect((await world.database.query('SELECT * FROM accounts')).rows).toStrictEqual([])
  })
})
