import { beforeAll, describe, expect, test } from 'vitest'
import { type Example, startExample } from './example.ts'

const LOG_IN = 'Log in with Instagram'

let example: Example

beforeAll(async () => {
  example = await startExample('3-passport.ts')
  return () => example[Symbol.asyncDispose]()
}, 30_000)

describe('a person who logs in with Instagram beside Passport', () => {
  test('is Passport’s user, and others are not', async () => {
    const somebody = example.visitor()

    const page = await somebody.login(LOG_IN)

    expect(page).toMatchObject({ path: '/', status: 200 })
    expect(page.text).toContain('Log out')
    expect((await somebody.open('/profile')).text).toBe('You are @harbour.bakery')
    expect((await example.visitor().open('/')).text).toContain(LOG_IN)
    expect(example.errors()).toBe('')
  })

  test('returns to the page that required it', async () => {
    const page = await example.visitor().loginAt('/profile', { as: 'creator' })

    expect(page).toMatchObject({ path: '/profile', status: 200, text: 'You are @mira.draws' })
  })

  test('has the same account on our pages', async () => {
    const somebody = example.visitor()
    await somebody.login(LOG_IN)

    const page = await somebody.open('/auth/instagram/')

    expect(page.text).toContain('@harbour.bakery')
  })

  test('is logged out after Log out', async () => {
    const somebody = example.visitor()
    await somebody.login(LOG_IN)

    const page = await somebody.press('Log out')

    expect(page.text).toContain(LOG_IN)
    expect((await somebody.open('/profile')).leadsTo).toContain('/oauth/authorize')
    expect((await somebody.open('/auth/instagram/')).text).toContain('Get Started')
  })

  test('is logged out after removing the app on Instagram', async () => {
    const somebody = example.visitor()
    await somebody.login(LOG_IN, { as: 'creator' })

    const told = await example.press('/people/creator/remove-app')

    expect(told).toContain('responded with <b>200</b>')
    expect((await somebody.open('/')).text).toContain(LOG_IN)
  })

  test('and presses Cancel gets the app’s own page', async () => {
    const somebody = example.visitor()

    const page = await somebody.login(LOG_IN, { cancel: true })

    expect(page.status).toBe(403)
    expect(page.text).toMatch(/^<h1>.+<\/h1>[^]+Back<\/a>$/)
    expect((await somebody.open('/')).text).toContain(LOG_IN)
  })
})
