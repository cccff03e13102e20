import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { KEY } from '../functions/support.ts'
import { logIn, startSite } from './support.ts'

const PRODUCTION = { production: true, sandbox: false, sessionSecrets: 'x'.repeat(32), tokenKeys: KEY }

test.each([
  ['/instagram', '/instagram/response'],
  ['/auth/instagram', '/auth/instagram/callback'],
  ['/', '/response'],
  // Above where people come back.
  ['/', '/instagram/response'],
  ['/auth', '/auth/instagram/callback'],
  ['/auth', '/auth/a(b)*:c/callback'],
  ['/instagram', '/instagram/re:sponse(1)*'],
  // A last part that is a page of ours elsewhere.
  ['/instagram', '/instagram/help'],
])('mounted at %s it takes the way back to %s', async (at, callback) => {
  await using site = await startSite({ at, callback })
  const somebody = person(site)
  const base = site.home.slice(site.origin.length)

  const start = await somebody.get(`${base}/`)
  const page = await logIn(somebody, { base })

  expect(start.status).toBe(200)
  expect(page.text).toContain('@harbour.bakery')
})

test('what only looks like a pattern in a redirect URI takes no other path', async () => {
  await using site = await startSite({ callback: '/instagram/:response' })

  const page = await person(site).get('/instagram/other')

  expect(page.text).toBe('The host has no such page')
})

test('mounted above where people come back to, it leaves the pages of the host alone', async () => {
  await using site = await startSite({
    at: '/',
    after: (host) => host.use((_, response) => response.send('host')),
  })
  const somebody = person(site)

  const pages = [await somebody.get('/'), await somebody.get('/login'), await somebody.get('/help')]

  expect(pages.map(({ text }) => text)).toStrictEqual(['host', 'host', 'host'])
})

test('mounted above it, behind a proxy that says what it has taken away, its pages are there', async () => {
  await using site = await startSite({ at: '/' })

  const page = await person(site).get('/', { 'X-Forwarded-Prefix': '/instagram' })

  expect(page.text).toContain('Get Started')
})

test('it works behind a proxy that takes the beginning of a path away', async () => {
  await using site = await startSite({ at: '/instagram', callback: '/shop/instagram/response' })
  const somebody = person(site)
  const begun = await somebody.get('/instagram/login')
  const callback = await somebody.authorize(begun.headers['location'] ?? 'none')

  const page = await somebody.get(callback.replace('/shop', ''))

  expect(page.text).toContain('@harbour.bakery')
  expect(page.text).toContain('action="/shop/instagram/disconnect"')
})

test('mounted elsewhere than people come back to, every page of ours says so', async () => {
  await using site = await startSite({ at: '/ig', callback: '/instagram/response' })
  const somebody = person(site)

  const pages = [await somebody.get('/ig/'), await somebody.get('/ig/login')]
  const style = await somebody.get('/ig/assets/style.css')
  const elsewhere = await somebody.get('/ig/other')

  for (const page of pages) {
    expect(page.status).toBe(500)
    expect(page.text).toMatch(/People would not come back here[^]+app\.use\(&#34;\/instagram&#34;/)
    expect(page.text).toContain('href="/ig/assets/style.css"')
  }
  expect(style.status).toBe(200)
  expect(elsewhere.text).toBe('The host has no such page')
  const lines = site.log.filter(({ message }) => message.includes('redirectUri leads elsewhere'))
  expect(lines).toMatchObject([
    { level: 'error', details: { mountedAt: '/ig', redirectUri: `${site.origin}/instagram/response` } },
  ])
})

test('behind a proxy, which may write paths anew, it is told to the log only', async () => {
  await using site = await startSite({ at: '/ig', callback: '/instagram/response' })

  const page = await person(site).get('/ig/', { 'X-Forwarded-For': '192.0.2.1' })

  expect(page.text).toContain('Get Started')
  expect(site.log.some(({ message }) => message.includes('redirectUri leads elsewhere'))).toBe(true)
})

test('in production it is told to the log only', async () => {
  const { authorizeUrl, ...options } = { authorizeUrl: undefined, ...PRODUCTION }
  const redirectUri = 'https://site.example/instagram/response'
  await using site = await startSite({ at: '/ig', options: { ...options, redirectUri, authorizeUrl } })

  const page = await person(site).get('/ig/')

  expect(page.text).toContain('Get Started')
  expect(site.log.some(({ message }) => message.includes('redirectUri leads elsewhere'))).toBe(true)
})
