import { beforeAll, describe, expect, test } from 'vitest'
import { type Example, startExample } from './example.ts'

const CONNECT = 'Connect Instagram'
const EXAMPLE = '4-fastify.ts'

let example: Example

beforeAll(async () => {
  example = await startExample(EXAMPLE)
  return () => example[Symbol.asyncDispose]()
}, 30_000)

describe('somebody who connects Instagram to a Fastify app', () => {
  test('is greeted by name, and nobody else is', async () => {
    const page = await example.visitor().login(CONNECT)

    expect(page).toMatchObject({ path: '/', status: 200, text: 'Hello @harbour.bakery' })
    expect((await example.visitor().open('/')).text).toContain(CONNECT)
    expect(example.complaints()).toBe('')
  })

  test('and says no is told what that means', async () => {
    const page = await example.visitor().login(CONNECT, { cancel: true })

    expect(page).toMatchObject({ status: 403, text: expect.stringContaining('You said no') as string })
    expect(example.complaints()).toBe('')
  })

  test('comes back with the login of another browser, and is refused', async () => {
    const callback = await example.visitor().toInstagram(CONNECT)
    const somebody = example.visitor()
    await somebody.toInstagram(CONNECT)

    const page = await somebody.open(callback)

    expect(page).toMatchObject({ status: 403, text: expect.stringContaining('elsewhere') as string })
    expect((await somebody.open('/')).text).toContain(CONNECT)
  })

  test('cannot be led to another site by it', async () => {
    const page = await example.visitor().open('/instagram/login?return_to=https://elsewhere.example/')

    expect(page).toMatchObject({ status: 400, leadsTo: undefined })
  })

  test('is not believed to be somebody else, for a cookie that nobody signed', async () => {
    const answer = await fetch(example.origin, { headers: { cookie: 'account=canary' } })

    expect(await answer.text()).toContain(CONNECT)
  })
})

describe('Meta tells a Fastify app', () => {
  test('of somebody who removes it', async () => {
    await example.visitor().login(CONNECT)

    const told = await example.press('/people/business/remove-app')

    expect(told).toContain('answered <b>200</b>')
    expect(told).toContain('success')
    expect(told).not.toContain('class="problem"')
  })

  test('of somebody who wants their data deleted, who sees that it is done', async () => {
    const somebody = example.visitor()
    await somebody.login(CONNECT, { as: 'creator' })

    const told = await example.press('/people/creator/ask-for-deletion')
    const [, path = ''] = /href="http:\/\/localhost:\d+([^"]+)">Open the status page/.exec(told) ?? []

    expect(told).not.toContain('class="problem"')
    expect((await somebody.open(path)).text).toMatch(/^Deleted at 2/)
    expect((await somebody.open('/')).text).toContain(CONNECT)
    expect((await somebody.open(`${path}0`)).status).toBe(404)
  })

  test('nothing, where it is not Meta', async () => {
    const body = new URLSearchParams({ signed_request: 'c2lnbmF0dXJl.cGF5bG9hZA' })

    const answers = await Promise.all(
      ['deauthorize', 'data-deletion'].map((path) =>
        fetch(`${example.origin}/instagram/${path}`, { method: 'POST', body }),
      ),
    )

    expect(answers.map(({ status }) => status)).toStrictEqual([400, 400])
  })
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a Fastify app that is told %s ends, and nothing of it listens',
  async (signal) => {
    await using another = await startExample(EXAMPLE)
    await another.visitor().login(CONNECT)

    const end = await another.stop(signal)

    expect(end).toBe(0)
    expect(await another.isThere()).toBe(false)
    expect(another.complaints()).toBe('')
  },
)
