import { beforeAll, describe, expect, test } from 'vitest'
import { type Example, startExample } from './example.ts'

const CONNECT = 'Connect Instagram'
const EXAMPLE = '1-mount.ts'

let example: Example

beforeAll(async () => {
  example = await startExample(EXAMPLE)
  return () => example[Symbol.asyncDispose]()
}, 30_000)

describe('a person who connects Instagram to an existing Express app', () => {
  test('comes back to the app’s own page, in the same session', async () => {
    const somebody = example.visitor()
    await somebody.open('/')

    const page = await somebody.login(CONNECT)

    expect(page).toMatchObject({ path: '/', status: 200 })
    expect(page.text).toContain('You were here 3 times')
    expect(page.text).toContain('Connected: @harbour.bakery')
    expect((await example.visitor().open('/')).text).toContain(CONNECT)
    expect(example.errors()).toBe('')
  })

  test('sees the account on our page', async () => {
    const somebody = example.visitor()
    await somebody.login(CONNECT, { as: 'creator' })

    const page = await somebody.open('/instagram/')

    expect(page.status).toBe(200)
    expect(page.text).toMatch(/@mira\.draws[^]+xpires/)
  })

  test('and presses Cancel gets an explanation, and is not connected', async () => {
    const somebody = example.visitor()

    const page = await somebody.login(CONNECT, { cancel: true })

    expect(page.status).toBe(403)
    expect((await somebody.open('/')).text).toContain(CONNECT)
  })

  test('is refused with the callback of another browser', async () => {
    const callback = await example.visitor().toInstagram(CONNECT)
    const somebody = example.visitor()
    await somebody.toInstagram(CONNECT)

    const page = await somebody.open(callback)

    expect(page.status).toBe(403)
    expect((await somebody.open('/')).text).toContain(CONNECT)
  })
})

test('the app ends on SIGINT, and nothing listens any more', async () => {
  const end = await example.stop('SIGINT')

  expect(end).toBe(0)
  expect(await example.isThere()).toBe(false)
  expect(example.errors()).toBe('')
})
