import { beforeAll, describe, expect, test } from 'vitest'
import { type Example, startExample } from './example.ts'

const CONNECT = 'Connect Instagram'
const EXAMPLE = '1-mount.ts'

let example: Example

beforeAll(async () => {
  example = await startExample(EXAMPLE)
  return () => example[Symbol.asyncDispose]()
}, 30_000)

describe('somebody who connects Instagram to an Express app that was there before', () => {
  test('comes back to its own page, and to the same session', async () => {
    const somebody = example.visitor()
    await somebody.open('/')

    const page = await somebody.login(CONNECT)

    expect(page).toMatchObject({ path: '/', status: 200 })
    expect(page.text).toContain('You were here 3 times')
    expect(page.text).toContain('Connected: @harbour.bakery')
    expect((await example.visitor().open('/')).text).toContain(CONNECT)
    expect(example.complaints()).toBe('')
  })

  test('finds what the account is on a page of ours', async () => {
    const somebody = example.visitor()
    await somebody.login(CONNECT, { as: 'creator' })

    const page = await somebody.open('/instagram/')

    expect(page.status).toBe(200)
    expect(page.text).toMatch(/@mira\.draws[^]+Expires on/)
  })

  test('and says no, is told so, and is where they were', async () => {
    const somebody = example.visitor()

    const page = await somebody.login(CONNECT, { cancel: true })

    expect(page).toMatchObject({ status: 403, text: expect.stringContaining('You said no') as string })
    expect((await somebody.open('/')).text).toContain(CONNECT)
  })

  test('comes back with the login of another browser, and is refused', async () => {
    const callback = await example.visitor().toInstagram(CONNECT)
    const somebody = example.visitor()
    await somebody.toInstagram(CONNECT)

    const page = await somebody.open(callback)

    expect(page).toMatchObject({ status: 403, text: expect.stringContaining('started elsewhere') as string })
    expect((await somebody.open('/')).text).toContain(CONNECT)
  })
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'an app with logins that is told %s ends, and nothing of it listens',
  async (signal) => {
    await using another = await startExample(EXAMPLE)
    await another.visitor().login(CONNECT)

    const end = await another.stop(signal)

    expect(end).toBe(0)
    expect(await another.isThere()).toBe(false)
    expect(another.complaints()).toBe('')
  },
)
