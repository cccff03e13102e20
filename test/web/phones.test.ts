import { afterAll, describe, expect, test } from 'vitest'
import { APP_ID } from '../admin/support.ts'
import { MINUTE_MS } from '../../src/facts.ts'
import { person } from '../support/person.ts'
import { USER_AGENTS } from '../support/userAgents.ts'
import { reconnectPath, startWorld } from '../support/world.ts'

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())

const exchanges = () => world.sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length
const phone = () => person(world, world.origin, new Map(), { 'User-Agent': USER_AGENTS.iPhone })

describe('a login that comes back in another browser', () => {
  test.each([
    ['without a cookie', false],
    ['with a cookie of its own', true],
  ])('%s exchanges nothing, and still ends in the browser where it began', async (_, hasCookie) => {
    const [first, second] = [person(world), phone()]
    if (hasCookie) await second.getStarted()
    const callback = await first.authorize(await first.getStarted())
    const before = exchanges()

    const refused = await second.get(callback)
    const exchanged = exchanges()
    const page = await first.get(callback)

    expect([refused.status, exchanged]).toStrictEqual([403, before])
    expect(refused.text).toContain('data-error="other_browser"')
    expect(page.text).toContain('@harbour.bakery')
    expect((await second.get('/')).text).not.toContain('@harbour.bakery')
  })

  test.each([
    ['without a cookie', false, 'cookie_missing'],
    ['with a cookie of its own', true, 'state_foreign'],
  ])('%s after ten minutes is refused as any other', async (_, hasCookie, code) => {
    const [first, second] = [person(world), phone()]
    const callback = await first.authorize(await first.getStarted())
    world.pass(10 * MINUTE_MS + 1)
    if (hasCookie) await second.getStarted()

    const page = await second.get(callback)

    expect(page.text).toContain(`data-error="${code}"`)
  })
})

describe('the start page', () => {
  const linkOut = async (path: string, userAgent: string) => {
    const { text } = await person(world).get(path, { 'User-Agent': userAgent })
    return /<a href="([^"]*)">Open this page in Safari or Chrome</.exec(text)?.[1]?.replaceAll('&amp;', '&')
  }
  const { host } = new URL(world.origin)

  test.each([
    ['instagramOnIPhone', `instagram://extbrowser/?url=${encodeURIComponent(`${world.origin}/`)}`],
    ['facebookOnIPhone', `x-safari-${world.origin}/`],
    ['instagramOnAndroid', `intent://${host}/#Intent;scheme=http;end`],
    ['facebookOnAndroid', `intent://${host}/#Intent;scheme=http;end`],
  ] as const)('in the built-in browser of an app (%s) has a link out of it', async (name, link) => {
    expect(await linkOut('/', USER_AGENTS[name])).toBe(link)
    expect(await linkOut(reconnectPath(world, APP_ID), USER_AGENTS[name])).toContain('reconnect')
  })

  test.each(['iPhone', 'android'] as const)('in another browser (%s) has none', async (name) => {
    expect(await linkOut('/', USER_AGENTS[name])).toBeUndefined()
  })
})
