import { afterAll, expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

const IDENTITY = {
  SITE_NAME: 'Harbour & Sons',
  SITE_LOGO: 'https://cdn.example:8443/logo.svg',
  SUPPORT_URL: 'help@harbour.example',
  PRIVACY_URL: '/privacy',
}

const world = await startWorld(IDENTITY)
afterAll(() => world[Symbol.asyncDispose]())

/** The error page of a login that failed because of the app secret. */
async function failedLogin(): Promise<string> {
  world.sandbox.fail('verification_failed')
  return (await person(world).login()).text
}

test.each(['/', '/help', '/data-deletion', '/nowhere', '/setup'])(
  'the page %s has the site’s name, logo, contact and privacy policy, and may load the logo',
  async (path) => {
    world.restart()

    const page = await person(world).get(path)

    expect(page.text).toMatch(/<title>.+ · Harbour &amp; Sons<\/title>/)
    expect(page.text).toContain('<meta property="og:site_name" content="Harbour &amp; Sons">')
    expect(page.text).toMatch(
      /<header class="site"><a href="\/"><img src="https:\/\/cdn\.example:8443\/logo\.svg" alt="".*>Harbour &amp; Sons</,
    )
    expect(page.text).toContain('<a href="mailto:help@harbour.example">Contact</a>')
    expect(page.text).toContain('<a href="/privacy">Privacy</a>')
    expect(page.get('Content-Security-Policy')).toContain("img-src 'self' https://cdn.example:8443;")
  },
)

test('a logo on the same origin needs no other picture source', async () => {
  world.restart({ SITE_LOGO: '/logo.svg', SITE_NAME: '' })

  const page = await person(world).get('/')

  expect(page.text).toContain('<img src="/logo.svg" alt="Start page"')
  expect(page.get('Content-Security-Policy')).toContain("img-src 'self';")
})

test('without these settings there is no header, and the footer has neither contact nor privacy policy', async () => {
  world.restart({ SITE_NAME: '', SITE_LOGO: '', SUPPORT_URL: '', PRIVACY_URL: '' })

  const page = await person(world).get('/')

  expect(page.text).toContain('<title>Get an Instagram access token</title>')
  expect(page.text).not.toMatch(/class="site"|og:site_name|Contact|Privacy/)
})

test('where another try cannot help the main action is to contact the site, with the reference as subject', async () => {
  world.restart()

  const page = await failedLogin()

  const [, reference = 'none'] = /<code id="reference">([^<]+)</.exec(page) ?? []
  expect(page).toContain(
    `<a class="button" href="mailto:help@harbour.example?subject=Reference%20${reference}">Contact Harbour &amp; Sons</a>`,
  )
  expect(page).toContain('data-copy="reference"')
  expect(page).not.toContain('Try again</a>')
})

test('without a contact such an error has the reference and the way to the start page', async () => {
  world.restart({ SUPPORT_URL: '' })

  const page = await failedLogin()

  expect(page).toContain('data-copy="reference"')
  expect(page).toContain('<a class="button secondary" href="/">Back to the start page</a>')
  expect(page).not.toMatch(/class="button"|Try again<|Contact/)
})

test.each([
  ['a login that was cancelled begins anew', () => person(world).login({ cancel: true }), '/login'],
  [
    'a login as an account that is not allowed asks for another account',
    () => {
      world.restart({ ALLOWED_ACCOUNTS: 'somebody.else' })
      return person(world).login()
    },
    '/login?force_reauth=1',
  ],
  [
    'while the database is away the same callback is repeated, without its code in the page',
    async () => {
      const somebody = person(world)
      const callback = await somebody.authorize(await somebody.getStarted())
      world.outage.begin()
      return somebody.get(callback)
    },
    '',
  ],
])('“Try again”: %s', async (_, fail, address) => {
  world.restart()

  const page = await fail()
  world.outage.end()

  expect(page.text).toContain(`<a class="button" href="${address}">Try again</a>`)
  expect(page.text).not.toContain('code=')
})

test.each(['/nowhere', '/response', '/help/nothing'])('the error at %s leads to the start page', async (path) => {
  const page = await person(world).get(path)

  expect(page.text).toContain('<a class="button" href="/">Back to the start page</a>')
  expect(page.text).not.toContain('Try again<')
})
