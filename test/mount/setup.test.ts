import { describe, expect, test } from 'vitest'
import { KEY } from '../functions/support.ts'
import { person } from '../support/person.ts'
import { startSite } from './support.ts'

const OF_A_PROCESS =
  /\bPORT\b|HTTPS=|(?<!process)\.env\b|npm run|INSTAGRAM_(?!CLIENT_SECRET)[A-Z]|TOKEN_KEYS|DATABASE_URL/
const VARIABLES = /INSTAGRAM_[A-Z]|TRUST_PROXY|DATABASE_URL|TOKEN_KEYS|SESSION_SECRETS|ADMIN_PASSWORD/

test('the guide of a mounted app has its options to copy, and nothing of a process of ours', async () => {
  await using site = await startSite({
    options: {
      sandbox: false,
      clientId: '990602627938098',
      redirectUri: 'https://site.example/instagram/response',
      scopes: 'instagram_business_basic, it’s “so”',
    },
  })

  const { text } = await person(site).get('/instagram/setup')

  expect(copied('redirect-uri', text)).toBe('https://site.example/instagram/response')
  expect(copied('deauthorize', text)).toBe('https://site.example/instagram/deauthorize')
  expect(copied('code', text)).toBe(`instagram({
  clientId: '990602627938098',
  clientSecret: process.env.INSTAGRAM_CLIENT_SECRET,
  redirectUri: 'https://site.example/instagram/response',
  scopes: ['instagram_business_basic', 'it’s', '“so”'],
})`)
  expect(text).not.toMatch(OF_A_PROCESS)
})

test('in the sandbox it leads to https, which is the app’s to speak', async () => {
  await using site = await startSite()

  const { text } = await person(site).get('/instagram/setup')

  expect(copied('redirect-uri', text)).toMatch(/^https:\/\/localhost:\d+\/instagram\/response$/)
  expect(copied('code', text)).toContain("clientId: 'the Instagram app ID'")
  expect(text).toContain('Have your app speak it on this machine too')
  expect(text).not.toMatch(OF_A_PROCESS)
})

test('the doctor on that page speaks of options', async () => {
  await using site = await startSite({
    options: { sandbox: false, clientId: 'letters', scopes: 'likes', graphVersion: 'v12.0' },
  })
  const operator = person(site)

  await operator.post('/instagram/setup')
  const { text } = await operator.get('/instagram/setup')

  expect(text).toContain('clientId is not a number')
  expect(text).toContain('into scopes.')
  expect(text).toContain('graphVersion is v12.0')
  expect(text).toContain('Have your app speak https on this machine')
  expect(text).toContain('They can be read; there is no token yet for them to open.')
  expect(text).not.toMatch(OF_A_PROCESS)
})

test('in production it is there for the operator only', async () => {
  const options = {
    ...{ production: true, sandbox: false, sessionSecrets: 'x'.repeat(32), tokenKeys: KEY },
    redirectUri: 'https://site.example/instagram/response',
  }
  await using site = await startSite({ options })

  expect((await person(site).get('/instagram/setup')).status).toBe(404)
})

describe('what a page tells the operator', () => {
  test.each([
    '/instagram/help/verification_failed',
    '/instagram/help/redirect_uri_mismatch',
    '/instagram/help/token_unreadable',
    '/instagram/help/too_many_requests',
    '/instagram/login?return_to=//evil.example',
    '/instagram/help',
  ])('at %s is about options', async (path) => {
    await using site = await startSite()

    const { text } = await person(site).get(path)

    expect(text).not.toMatch(VARIABLES)
  })

  test('about a wrong password is about the option', async () => {
    await using site = await startSite({ options: { adminPassword: 'a long enough one' } })

    const { text } = await person(site).submit('/instagram/accounts/sign-in', { password: 'wrong' })

    expect(text).toContain('as <code>adminPassword</code>')
  })
})

/** What the copy button of this element copies. */
function copied(id: string, page: string): string {
  const [, text] = new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(page) ?? []
  if (text === undefined) throw new Error(`Nothing to copy with the id ${id}`)
  return text.replaceAll('&#39;', "'")
}
