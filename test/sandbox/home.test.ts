import { expect, test } from 'vitest'
import { DAY_MS, graphErrorOf, location, startBench } from './support.ts'

test('shows the time here, and says that no other clock moves', async () => {
  await using bench = await startBench()

  const page = await bench.home()

  expect(page).toContain(
    '<time datetime="2026-11-23T12:00:00.000Z"><b>Monday, 23 November 2026 at 12:00:00 UTC</b></time>',
  )
  expect(page).not.toContain('moved forward')
  expect(page).toContain('An app that was started together with this sandbox goes by this clock')
  expect(page).toContain('No other clock moves')
})

test.for([
  ['1 hour', '2026-11-23T13:00:00.000Z', '1 hour'],
  ['1 day', '2026-11-24T12:00:00.000Z', '1 day'],
  ['30 days', '2026-12-23T12:00:00.000Z', '30 days'],
  ['60 days', '2027-01-22T12:00:00.000Z', '60 days'],
] as const)('moves its clock forward by %s', async ([forward, time, moved]) => {
  await using bench = await startBench()

  const answer = await bench.press('/clock', { forward })
  const page = await bench.home()

  expect([answer.status, location(answer)]).toEqual([303, '/#clock'])
  expect(page).toContain(`datetime="${time}"`)
  expect(page).toContain(`moved forward by ${moved}.`)
})

test('adds one move to the next', async () => {
  await using bench = await startBench()
  for (const forward of ['60 days', '1 day', '1 hour', '1 hour']) await bench.press('/clock', { forward })

  expect(await bench.home()).toContain('moved forward by 61 days, 2 hours.')
})

test.for<[string, Record<string, string>]>([
  ['no step', {}],
  ['a step that is not offered', { forward: '-1 day' }],
  ['a step that objects have', { forward: 'constructor' }],
])('refuses to move its clock by %s', async ([, fields]) => {
  await using bench = await startBench()

  const answer = await bench.press('/clock', fields)

  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('Choose how far the clock moves.')
  expect(await bench.home()).toContain('datetime="2026-11-23T12:00:00.000Z"')
})

test('offers to take back only what there is, from whoever has living tokens', async () => {
  await using bench = await startBench()

  const before = await bench.home()
  await bench.longLived('creator')
  const during = await bench.home()
  bench.pass(60 * DAY_MS)
  const after = await bench.home()

  expect(actionsOf(before)).toEqual([
    'business/generate-token',
    'business/ask-for-deletion',
    'creator/generate-token',
    'creator/ask-for-deletion',
  ])
  expect(actionsOf(during)).toEqual([
    'business/generate-token',
    'business/ask-for-deletion',
    'creator/generate-token',
    'creator/remove-app',
    'creator/change-password',
    'creator/ask-for-deletion',
  ])
  expect(during).toContain('Living tokens: 2')
  expect(actionsOf(after)).toEqual(actionsOf(before))
})

test.for([
  ['remove-app', { code: 190, error_subcode: 458 }],
  ['change-password', { code: 190, message: expect.stringContaining('changed their password') as string }],
] as const)('makes a person’s tokens invalid by the button %s', async ([change, error]) => {
  await using bench = await startBench()
  const token = await bench.longLived()
  const other = await bench.longLived('creator')

  const answer = await bench.press(`/people/business/${change}`)

  expect([answer.status, location(answer)]).toEqual([303, '/#business'])
  expect(await graphErrorOf(await bench.me(token))).toMatchObject(error)
  expect((await bench.me(other)).status).toBe(200)
  expect(actionsOf(await bench.home())).not.toContain('business/remove-app')
})

test('offers to remove the app also after its permission is lost', async () => {
  await using bench = await startBench()
  bench.dashboardToken('business')

  bench.takePermission('business')

  expect(actionsOf(await bench.home())).toContain('business/remove-app')
})

test('generates a token, and shows it once', async () => {
  await using bench = await startBench()

  const answer = await bench.press('/people/creator/generate-token')
  const [, token = ''] = /<code>(IGAA\w+)<\/code>/.exec(await answer.text()) ?? []

  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await (await bench.me(token)).json()).toMatchObject({ user_id: '17841465209137453' })
  expect(await bench.home()).not.toContain('IGAA')
})

test.for(['nobody/generate-token', 'outsider/generate-token', 'personal/remove-app', 'business/delete'])(
  'has nothing at %s',
  async (path) => {
    await using bench = await startBench()

    expect((await bench.press(`/people/${path}`)).status).toBe(404)
  },
)

test.for(['/clock', '/people/business/generate-token'])(
  'leads back who opens %s by its address',
  async (path) => {
    await using bench = await startBench()

    const answer = await fetch(bench.origin + path)

    expect([answer.status, answer.url]).toEqual([200, `${bench.origin}/`])
  },
)

test.for(['cross-site', 'same-site'])('takes no form from a %s page', async (site) => {
  await using bench = await startBench()
  const token = await bench.longLived()
  const headers = { 'sec-fetch-site': site }

  const answers = [
    await bench.press('/clock', { forward: '60 days' }, headers),
    await bench.press('/people/business/remove-app', {}, headers),
    await bench.press('/people/business/generate-token', {}, headers),
  ]

  for (const answer of answers) {
    const page = await answer.text()
    expect(answer.status).toBe(403)
    expect(page).toContain('A page of another site sent this.')
    expect(page).not.toContain('IGAA')
  }
  expect((await bench.me(token)).status).toBe(200)
  expect(
    (await bench.press('/clock', { forward: '1 day' }, { 'sec-fetch-site': 'same-origin' })).status,
  ).toBe(303)
})

test('does not take its operator for the app', async () => {
  await using bench = await startBench()

  await bench.press('/clock', { forward: '1 day' })
  await bench.press('/people/business/generate-token')
  await bench.home()

  expect(bench.calls).toEqual([])
})

/** Where the buttons of the people lead. */
function actionsOf(page: string): (string | undefined)[] {
  return [...page.matchAll(/formaction="\/people\/([^"#]+)/g)].map(([, path]) => path)
}
