import { beforeAll, describe, expect, test } from 'vitest'
import { type Example, startExample } from './example.ts'

const CONNECT = 'Connect Instagram'
const EXAMPLE = '4-fastify.ts'

let example: Example

beforeAll(async () => {
  example = await startExample(EXAMPLE)
  return () => example[Symbol.asyncDispose]()
}, 30_000)

describe('a person who connects Instagram to a Fastify app', () => {
  test('is greeted by name, and others are not', async () => {
    const page = await example.visitor().login(CONNECT)

    expect(page).toMatchObject({ path: '/', status: 200, text: 'Hello @harbour.bakery' })
    expect((await example.visitor().open('/')).text).toContain(CONNECT)
    expect(example.errors()).toBe('')
  })

  test('and presses Cancel gets an explanation', async () => {
    const page = await example.visitor().login(CONNECT, { cancel: true })

    expect(page).toMatchObject({ status: 403, text: expect.stringMatching(/^<h1>.+<p>.+/) as string })
    expect(example.errors()).toBe('')
  })

  test('is refused with the callback of another browser', async () => {
    const callback = await example.visitor().toInstagram(CONNECT)
    const somebody = example.visitor()
    await somebody.toInstagram(CONNECT)

    const page = await somebody.open(callback)

    expect(page.status).toBe(403)
    expect((await somebody.open('/')).text).toContain(CONNECT)
  })

  test('is not redirected to another site', async () => {
    const page = await example.visitor().open('/instagram/login?return_to=https://elsewhere.example/')

    expect(page).toMatchObject({ status: 400, leadsTo: undefined })
  })

  test('is not connected by an unsigned cookie', async () => {
    const answer = await fetch(example.origin, { headers: { cookie: 'account=canary' } })

    expect(await answer.text()).toContain(CONNECT)
  })
})

describe('Meta’s callbacks to a Fastify app', () => {
  test('about a person who removes the app are accepted', async () => {
    await example.visitor().login(CONNECT)

    const told = await example.press('/people/business/remove-app')

    expect(told).toContain('responded with <b>200</b>')
    expect(told).toContain('success')
    expect(told).not.toContain('class="problem"')
  })

  test('for data deletion are accepted, and the person sees the status', async () => {
    const somebody = example.visitor()
    await somebody.login(CONNECT, { as: 'creator' })

    const told = await example.press('/people/creator/ask-for-deletion')
    const [, path = ''] = /href="http:\/\/localhost:\d+([^"]+)">Open the status page/.exec(told) ?? []

    expect(told).not.toContain('class="problem"')
    expect((await somebody.open(path)).text).toMatch(/^Deleted at 2/)
    expect((await somebody.open('/')).text).toContain(CONNECT)
    expect((await somebody.open(`${path}0`)).status).toBe(404)
  })

  test('with another signature are refused', async () => {
    const body = new URLSearchParams({ signed_request: 'c2lnbmF0dXJl.cGF5bG9hZA' })

    const answers = await Promise.all(
      ['deauthorize', 'data-deletion'].map((path) =>
        fetch(`${example.origin}/instagram/${path}`, { method: 'POST', body }),
      ),
    )

    expect(answers.map(({ status }) => status)).toStrictEqual([400, 400])
  })
})

test('a Fastify app ends on SIGTERM, and nothing listens any more', async () => {
  const end = await example.stop('SIGTERM')

  expect(end).toBe(0)
  expect(await example.isThere()).toBe(false)
})
