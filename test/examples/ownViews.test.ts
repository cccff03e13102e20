import { beforeAll, describe, expect, test } from 'vitest'
import { type Example, startExample } from './example.ts'

const CONNECT = 'Connect Instagram'
const HEADER = '<header>Crumb &amp; Co.</header>'

let example: Example

beforeAll(async () => {
  example = await startExample('2-own-views/app.ts')
  return () => example[Symbol.asyncDispose]()
}, 30_000)

describe('the app’s own pages are shown', () => {
  test('before and after an account is connected', async () => {
    const somebody = example.visitor()
    const before = await somebody.open('/')

    const after = await somebody.login(CONNECT)

    for (const { text } of [before, after]) expect(text).toContain(HEADER)
    expect(before.path).toBe('/instagram/')
    expect(after).toMatchObject({ status: 200 })
    expect(after.text).toContain('<strong>@harbour.bakery</strong>')
    expect(example.errors()).toBe('')
  })

  test('after the app’s own disconnect button', async () => {
    const somebody = example.visitor()
    await somebody.login(CONNECT)

    const page = await somebody.press('Disconnect')

    expect(page).toMatchObject({ path: '/instagram/', status: 200 })
    expect(page.text).toContain(CONNECT)
  })

  test('after Cancel, with the explanation', async () => {
    const page = await example.visitor().login(CONNECT, { cancel: true })

    expect(page.status).toBe(403)
    expect(page.text).toContain(HEADER)
    expect(page.text).toMatch(/<h1>[^<]+/)
  })
})

test('our page is shown where the app has none', async () => {
  const page = await example.visitor().open('/instagram/help/code_used')

  expect(page.status).toBe(200)
  expect(page.text).not.toContain(HEADER)
  expect(page.text).toContain('code')
})
