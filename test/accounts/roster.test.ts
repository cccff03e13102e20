import { describe, expect, test } from 'vitest'
import { createKeeping, type Keeping } from '../../src/accounts/keeping.ts'
import { createRoster } from '../../src/accounts/roster.ts'
import { createInstagram } from '../../src/instagram/client.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { NOW, settingsFor } from '../instagram/support.ts'
import { onSqlite, projectEngine } from '../support/places.ts'
import { connected, OLD_KEY, PROFILE } from './support.ts'

const ANY = { status: undefined, limit: 50 }

/** A roster, and the database that it reads. */
async function startRoster() {
  await using starting = new AsyncDisposableStack()
  const { url } = starting.use(await projectEngine().place())
  const database = starting.adopt(await openDatabase(url), (opened) => opened.close())
  const instagram = createInstagram(settingsFor('http://127.0.0.1:9'), () => NOW)
  starting.defer(() => instagram.close())
  const keeping: Keeping = createKeeping({
    database,
    instagram,
    tokenKeys: [OLD_KEY],
    refreshDaysBeforeExpiry: 10,
    listeners: [],
    keepEvents: false,
    reconnectUrl: () => '',
    onError: () => undefined,
    now: () => NOW,
  })
  const ending = starting.move()
  return {
    ...keeping,
    database,
    /** Connects somebody whose ids end in this odd number. */
    async add(number: number, username: string | null, status = 'ok') {
      const id = String(27640875392278000n + BigInt(number))
      const userId = String(17841403815449000n + BigInt(number))
      await keeping.accounts.connect(
        connected({ userId, profile: username === null ? null : { ...PROFILE, id, userId, username } }),
      )
      await database.run(
        'UPDATE accounts SET status = $1 WHERE id IN ($2, $3)',
        status,
        id,
        username === null ? userId : id,
      )
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

const names = ({ accounts }: { accounts: { username: string | null }[] }) =>
  accounts.map(({ username }) => username)

describe('the roster', () => {
  test('goes through all by their ids, and knows where it ends', async () => {
    await using here = await startRoster()
    for (const number of [5, 1, 3]) await here.add(number, `name${number}`)

    const first = await here.roster.page({ status: undefined, after: '', limit: 2 })
    const second = await here.roster.page({ ...ANY, limit: 2, after: first.accounts.at(-1)?.id ?? '' })

    expect([names(first), first.more]).toStrictEqual([['name1', 'name3'], true])
    expect([names(second), second.more]).toStrictEqual([['name5'], false])
  })

  test('goes through those of one status', async () => {
    await using here = await startRoster()
    await here.add(1, 'well')
    await here.add(3, 'lost', 'needs_reconnect')
    await here.add(5, 'gone', 'needs_reconnect')

    const page = await here.roster.page({ status: 'needs_reconnect', after: '27640875392278003', limit: 1 })

    expect([names(page), page.more]).toStrictEqual([['gone'], false])
  })

  test('counts each status, and those whose turn has come', async () => {
    await using here = await startRoster()
    await here.add(1, 'well')
    await here.add(3, 'due')
    await here.add(5, 'lost', 'needs_reconnect')
    await here.database.run('UPDATE accounts SET due_at = $1 WHERE username = $2', NOW.getTime(), 'due')

    const counts = await here.roster.counts()

    expect(counts).toStrictEqual({
      all: 3,
      due: 1,
      byStatus: {
        ok: 2,
        short_lived: 0,
        expiring: 0,
        needs_reconnect: 1,
        unreadable: 0,
        disconnected_by_instagram: 0,
      },
    })
  })
})

describe('a search', () => {
  test.each([
    ['har', ['harbour.bakery', 'harp_and_co']],
    ['@Harbour', ['harbour.bakery']],
    [' harbour.bakery ', ['harbour.bakery']],
    ['bakery', []],
    ['har%', []],
    ['har_', []],
    ['27640875392278003', ['harp_and_co']],
    ['17841403815449001', ['harbour.bakery']],
    ['2764', ['2764.steps', 'harbour.bakery', 'harp_and_co', 'élan']],
    ['éla', ['élan']],
    ["'", []],
  ])('for “%s” finds those that begin so, by the name or either id', async (text, found) => {
    await using here = await startRoster()
    await here.add(1, 'harbour.bakery')
    await here.add(3, 'harp_and_co')
    await here.add(5, '2764.steps')
    await here.add(7, 'élan')

    const page = await here.roster.search(text, ANY)

    expect(names(page)).toStrictEqual(found)
    expect(page.more).toBe(false)
  })

  test('finds somebody whom Instagram has not told the name of', async () => {
    await using here = await startRoster()
    await here.add(9, null)

    const { accounts } = await here.roster.search('17841403815449009', ANY)

    expect(accounts.map(({ id }) => id)).toStrictEqual(['17841403815449009'])
  })

  test('looks among those of one status, and tells that there are more than it shows', async () => {
    await using here = await startRoster()
    for (const number of [1, 3, 5]) await here.add(number, `lost${number}`, 'needs_reconnect')
    await here.add(7, 'lost.and.found')

    const page = await here.roster.search('lost', { status: 'needs_reconnect', limit: 2 })

    expect([names(page), page.more]).toStrictEqual([['lost1', 'lost3'], true])
  })
})

onSqlite('each question reads an index, not every account', async () => {
  await using here = await startRoster()
  const asked: [string, unknown[]][] = []
  const listening: Database = {
    ...here.database,
    all: (sql, ...parameters) => {
      asked.push([sql, parameters])
      return here.database.all(sql, ...parameters)
    },
  }
  const roster = createRoster(listening, () => NOW)

  await roster.page({ ...ANY, after: '1' })
  await roster.page({ ...ANY, after: '1', status: 'ok' })
  await roster.search('har', { ...ANY, status: 'ok' })
  await roster.counts()

  expect(asked).toHaveLength(4)
  for (const [sql, parameters] of asked) {
    const plan = await here.database.all(`EXPLAIN QUERY PLAN ${sql}`, ...(parameters as string[]))
    const scans = plan
      .map(({ detail }) => String(detail))
      .filter((step) => /^SCAN accounts(?! USING COVERING)/.test(step))
    expect(scans).toStrictEqual([])
  }
})
