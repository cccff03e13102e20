import { expect, test } from 'vitest'
import { startExample } from './example.ts'

const NONE = 'There are no pictures at the moment'
const POST = 'Out of the oven.'

test('a feed page shows the newest posts as long as its account is connected, and else the log says what to do', async () => {
  await using example = await startExample('5-feed/app.ts')
  const owner = example.visitor()
  const feed = () => example.visitor().open('/')

  // Another account is connected, and this one is not.
  await example.visitor().login('Get Started', { as: 'creator' }, '/instagram/')
  expect(await feed()).toMatchObject({ status: 200, text: expect.stringContaining(NONE) as string })
  expect(example.errors()).toContain(`Connect the account at ${example.origin}/instagram/`)

  // Once it is connected, everybody sees its posts.
  await owner.login('Get Started', {}, '/instagram/')
  const before = example.errors()
  const { text } = await feed()
  expect(text).toContain(POST)
  expect(text.match(/<img src="http/g)).toHaveLength(4)

  // Months later the token has been refreshed.
  await example.press('/clock', { forward: '30 days' })
  for (let day = 30; day < 55; day += 1) await example.press('/clock', { forward: '1 day' })
  expect((await feed()).text).toContain(POST)
  await example.press('/clock', { forward: '30 days' })
  expect((await feed()).text).toContain(POST)
  expect(example.errors()).toBe(before)

  // The token expires, and the account is connected again.
  await example.press('/clock', { forward: '60 days' })
  await example.press('/clock', { forward: '30 days' })
  expect((await feed()).text).toContain(NONE)
  const [, reconnect = ''] = /account\.needs_reconnect: connect the account again at (\S+)/.exec(example.errors()) ?? []
  await owner.login('Reconnect @harbour.bakery', {}, new URL(reconnect).pathname)
  expect((await feed()).text).toContain(POST)
})
