import { expect, test } from 'vitest'
import { startExample } from './example.ts'

const EXAMPLE = '5-feed/app.ts'
const NONE = 'There are no pictures at the moment'

test('a feed page shows the newest posts to everybody, once its account is connected', async () => {
  await using example = await startExample(EXAMPLE)
  await example.visitor().login('Get Started', {}, '/instagram/')

  const page = await example.visitor().open('/')

  expect(page.status).toBe(200)
  expect(page.text).toContain('Out of the oven.')
  expect(page.text.match(/<img src="http/g)).toHaveLength(4)
  expect(example.complaints()).toBe('')
})

test('a feed page has a valid token months later', async () => {
  await using example = await startExample(EXAMPLE)
  await example.visitor().login('Get Started', {}, '/instagram/')
  await example.press('/clock', { forward: '30 days' })
  for (let day = 30; day < 55; day += 1) await example.press('/clock', { forward: '1 day' })
  const due = await example.visitor().open('/')

  await example.press('/clock', { forward: '30 days' })
  const later = await example.visitor().open('/')

  for (const { text } of [due, later]) expect(text).toContain('Out of the oven.')
  expect(example.complaints()).toBe('')
})

test('a feed page without its account says in the log where to connect it', async () => {
  await using example = await startExample(EXAMPLE)
  await example.visitor().login('Get Started', { as: 'creator' }, '/instagram/')

  const page = await example.visitor().open('/')

  expect(page).toMatchObject({ status: 200, text: expect.stringContaining(NONE) as string })
  expect(example.complaints()).toContain(`Connect the account at ${example.origin}/instagram/`)
})

test('a feed page whose token has ended says so, and has posts again once its account is connected again', async () => {
  await using example = await startExample(EXAMPLE)
  const owner = example.visitor()
  await owner.login('Get Started', {}, '/instagram/')
  await example.press('/clock', { forward: '60 days' })
  await example.press('/clock', { forward: '30 days' })

  const page = await example.visitor().open('/')

  expect(page.text).toContain(NONE)
  const [, reconnect = ''] =
    /account\.needs_reconnect: connect the account again at (\S+)/.exec(example.complaints()) ?? []
  await owner.login('Get Started', {}, new URL(reconnect).pathname)
  expect((await example.visitor().open('/')).text).toContain('Out of the oven.')
})
