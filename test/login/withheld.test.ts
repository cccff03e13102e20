import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { linkCalled, person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

const BROKEN = { status: 500, body: '{}', contentType: 'application/json' }

let world: World
let guests = 0
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** Somebody who was never here before. */
function newGuest() {
  const as = `guest-${(guests += 1)}` as const
  return { somebody: person(world), as, username: as.replace('-', '.') }
}

test('a person whose token Instagram does not exchange has it for one hour, and is told why', async () => {
  const { somebody, as } = newGuest()
  world.sandbox.fail('already_long_lived')

  const page = await somebody.login({ as })

  const [, told] = /<p class="warning">(.*?)<\/p>/s.exec(page.text) ?? []
  expect(page.status).toBe(200)
  expect(page.text).toContain('(in 60 minutes)')
  expect(page.text).toMatch(/id="token">IGAA\w+</)
  expect(told?.replace(/<[^>]*>/g, '')).toBe(
    'This token lasts for one hour only. Instagram has not exchanged it for one of 60 days yet. ' +
      'Instagram refused to exchange this token because it already lasts for 60 days. More about this. This site keeps trying during that hour.',
  )
})

test('a person whom Instagram does not name is connected, and gets the name with the next login', async () => {
  const { somebody, as, username } = newGuest()
  world.sandbox.answerNext('me', { fault: 'reset' })

  const page = await somebody.login({ as })
  await person(world).login({ as })
  const later = await somebody.get('/')

  expect(page.status).toBe(200)
  expect(page.text).toContain('Instagram did not return your profile')
  expect(page.text).toContain('(in 60 days)')
  expect(page.text).not.toContain(`@${username}`)
  expect(later.text).toContain(`@${username}`)
})

test('a person whom Instagram does not name this time sees when the profile was read', async () => {
  const { somebody, as, username } = newGuest()
  const first = await somebody.login({ as })
  const [day] = world.now().toISOString().split('T')
  world.pass(20 * DAY_MS)
  world.sandbox.answerNext('me', BROKEN)
  const start = await somebody.get('/')
  const callback = await somebody.authorize(linkCalled('Connect another account', start.text), { as })

  const pages = [await somebody.get(callback), await somebody.get(callback)]
  const complete = await person(world).login({ as })

  for (const { text } of pages) {
    expect(text).toContain(`@${username}`)
    expect(text).toContain(`did not return your profile this time. The one above was read on <time datetime="${day}T`)
  }
  for (const { text } of [first, complete]) expect(text).not.toContain('your profile this time')
})

test('the operator finds in the log why something was withheld', async () => {
  const { somebody, as } = newGuest()
  world.sandbox.answerNext('long_lived', BROKEN)
  world.sandbox.answerNext('me', { fault: 'reset' })
  const before = world.log.length

  await somebody.login({ as })

  const log = world.log.slice(before).join()
  expect(log).toContain(`${world.sandbox.graphUrl}/access_token answered 500`)
  expect(log).toContain(`${world.sandbox.graphUrl}/v27.0/me did not answer`)
})

describe('Instagram’s dialects', () => {
  test('a classic response gives a token that never expires, by one call', async () => {
    const { somebody, as, username } = newGuest()
    world.sandbox.setDialect({ generation: 'classic' })
    const before = world.sandbox.calls.length

    const page = await somebody.login({ as })

    world.sandbox.setDialect({ generation: 'current' })
    expect(page.text).toContain(`@${username}`)
    expect(page.text).toContain('This token doesn’t expire.')
    expect(world.sandbox.calls.slice(before).map(({ endpoint }) => endpoint)).toStrictEqual(['token'])
  })

  test.each(['flat', 'data'] as const)(
    'a login works with ids as text and permissions as text, %s',
    async (envelope) => {
      const { somebody, as, username } = newGuest()
      world.sandbox.setDialect({ envelope, permissions: 'string', userId: 'string' })

      const page = await somebody.login({ as })

      expect(page.status).toBe(200)
      expect(page.text).toContain(`@${username}`)
      expect(page.text).toMatch(/class="granted"><span>Read the profile/)
    },
  )
})

test('a token that no key decrypts is never shown, and the page says what to do', async () => {
  const { somebody, as } = newGuest()
  await somebody.login({ as })
  world.restart({ TOKEN_KEYS: `other:${Buffer.alloc(32, 9).toString('base64')}` })

  const page = await somebody.get('/')

  expect(page.status).toBe(200)
  expect(page.text).toContain('can’t decrypt the token')
  expect(page.text).not.toContain('IGAA')
})
