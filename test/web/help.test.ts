import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { explanationOf, helpCodes } from '../../src/errors/catalogue.ts'
import { matchersOf } from '../../src/errors/match.ts'
import { ENVIRONMENT_NAMES } from '../../src/errors/settingNames.ts'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

const PRODUCTION = { NODE_ENV: 'production', INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' }
const SCRIPT = '<script>alert("x")</script>'

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())

/** The text of a page. */
function textOf(html: string): string {
  return html
    .replaceAll(/<\/?code>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll(/&quot;|&#34;/g, '"')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

test('the help page lists every error once, by when it occurs', async () => {
  const page = await person(world).get('/help')

  const listed = Array.from(page.text.matchAll(/<li data-words="[^"]*"><a href="\/help\/(\w+)"/g), ([, name]) => name)
  expect(page.status).toBe(200)
  expect(listed.sort()).toStrictEqual([...helpCodes].sort())
  const moments = page.text.split('<h2>').slice(1)
  const momentOf = (code: string) =>
    textOf(moments.find((part) => part.includes(`/help/${code}"`)) ?? '').split('\n')[0]
  expect(moments).toHaveLength(5)
  expect(momentOf('redirect_uri_mismatch')).toMatch(/^On Instagram’s page/)
  expect(momentOf('declined')).toMatch(/^When you come back from Instagram/)
  expect(momentOf('cookie_missing')).toMatch(/^When you come back from Instagram/)
  expect(momentOf('site_unreachable')).toMatch(/^When you come back from Instagram/)
  expect(momentOf('verification_failed')).toMatch(/^When this site gets your token/)
  expect(momentOf('token_expired')).toMatch(/^Later, when the token is used or renewed/)
  expect(momentOf('facebook_token')).toMatch(/^On this site/)
})

test('every error has a page with everything that the catalogue says about it', async () => {
  const somebody = person(world)

  for (const code of helpCodes) {
    const { title, description, advice, meaning, steps, unconfirmed = '' } = explanationOf(code, ENVIRONMENT_NAMES)
    const page = await somebody.get(`/help/${code}`)

    const text = textOf(page.text)
    expect(page.status).toBe(200)
    for (const part of [title, description, advice, meaning, ...steps, unconfirmed]) expect(text).toContain(part)
    expect(page.get('Set-Cookie')).toBeUndefined()
  }
})

test('the title of an error’s page has Instagram’s own words, so that people find it', async () => {
  const page = await person(world).get('/help/invalid_platform_app')

  expect(page.text).toMatch(/<title>“Invalid platform app”: Wrong app ID<\/title>/)
  expect(textOf(page.text)).toContain(
    'Instagram shows this on its own page, or when the code is exchanged for a token.',
  )
  for (const { message } of matchersOf('invalid_platform_app'))
    expect(textOf(page.text)).toContain(`“${String(message)}”`)
})

test.each(['nothing_of_ours', 'constructor', '__proto__', 'toString', '%3Cscript%3E', 'UNKNOWN', 'settings'])(
  'there is no help page with the name %s',
  async (name) => {
    const page = await person(world).get(`/help/${name}`)

    expect(page.status).toBe(404)
    expect(page.text).toContain('Page not found')
    expect(page.text).not.toContain('script>alert')
  },
)

test('programs get an error’s page as JSON and as Markdown', async () => {
  const page = (accept: string) => person(world).get('/help/insufficient_developer_role', { Accept: accept })
  const { title, description, steps } = explanationOf('insufficient_developer_role', ENVIRONMENT_NAMES)

  const [json, markdown, image] = [await page('application/json'), await page('text/markdown'), await page('image/png')]

  expect(json.body).toMatchObject({
    name: 'insufficient_developer_role',
    title,
    description,
    fixable_by: 'operator',
    steps,
  })
  expect(json.body).toMatchObject({ messages: expect.arrayContaining(['Insufficient developer role']) as string[] })
  expect(markdown.type).toBe('text/markdown')
  expect(markdown.text).toContain(`# ${title}\n\n`)
  for (const part of [description, '- “Insufficient developer role”', `1. ${steps[0] ?? 'none'}`])
    expect(markdown.text).toContain(part)
  expect([json, markdown, image].map((response) => response.get('Vary'))).toStrictEqual(['Accept', 'Accept', 'Accept'])
  expect(image.type).toBe('text/html')
})

test('a pasted message of Instagram is explained', async () => {
  const page = await person(world).submit('/help', { pasted: 'insufficient developer role' })

  expect(page.status).toBe(200)
  expect(page.get('Cache-Control')).toBe('no-store')
  expect(page.text).toContain('This account isn’t a tester yet')
  expect(page.text).toContain('App roles → Roles → Instagram Testers')
})

test('an unknown message is answered with what to do next and the list, and the log has its code without the message', async () => {
  const page = await person(world).submit('/help', { pasted: 'Something peculiar 4711' })

  expect(page.status).toBe(200)
  expect(page.text).toContain('This message was not recognized.')
  expect(page.text).toContain('<textarea')
  expect(page.text).toContain('href="/help/redirect_uri_mismatch"')
  expect(world.log.join('')).toContain('"explained":"unknown_message"')
  expect(page.text + world.log.join('')).not.toContain('peculiar')
})

test('a browser’s message about this site’s address is explained, with a field for the address', async () => {
  const page = await person(world).submit('/help', { pasted: 'localhost refused to connect' })

  const text = textOf(page.text)
  expect(page.status).toBe(200)
  expect(text).toContain('This message comes from your browser, not from Instagram.')
  expect(text).toContain('HTTPS=self-signed')
  expect(page.text).toContain('<textarea')
  expect(text).not.toMatch(/Instagram (shows|refused)/)
})

test.each([
  ['personal account', 'not_professional'],
  ['My account is PERSONAL!', 'not_professional'],
  ['blocked cookies', 'cookie_missing'],
])('the words “%s” lead to the page about them', async (pasted, name) => {
  const page = await person(world).submit('/help', { pasted })

  expect(page.status).toBe(200)
  expect(page.text).toContain(`<code>${name}</code>`)
})

test('words that several pages are about lead to a list of these', async () => {
  const page = await person(world).submit('/help', { pasted: 'password' })

  const listed = Array.from(page.text.matchAll(/<a href="\/help\/(\w+)">/g), ([, name]) => name)
  expect(listed.length).toBeGreaterThan(1)
  expect(listed.length).toBeLessThan(10)
  expect(page.text).toContain('Show all problems')
})

test.each([
  `IGAA${'markedcanary'.repeat(5)}`,
  `My token: "EAA${'markedcanary'.repeat(5)}"`,
  `IGQV${'markedcanary'.repeat(5)}`,
])('a pasted token is recognized: %s', async (pasted) => {
  const page = await person(world).submit('/help', { pasted })

  expect(page.status).toBe(200)
  expect(page.text).toContain('That is an access token.')
  expect(page.text + world.log.join('')).not.toContain('markedcanary')
})

test.each(['', 'x'.repeat(4001)])('the text “%s” counts as an unknown message', async (pasted) => {
  const page = await person(world).submit('/help', { pasted })

  expect(page.status).toBe(200)
  expect(page.text).toContain('This message was not recognized.')
})

test('a pasted text that is far too large is refused', async () => {
  const page = await person(world).submit('/help', { pasted: 'x'.repeat(20_000) })

  expect(page.status).toBe(400)
})

test('a pasted text from another site is refused', async () => {
  const page = await person(world).post('/help', { 'Sec-Fetch-Site': 'cross-site' })

  expect(page.status).toBe(403)
  expect(page.text).toContain('This request came from another site')
})

test.each([
  ['Invalid platform app', SCRIPT],
  ['Something new', SCRIPT],
  ['Invalid platform app', 'access_token=IGAAmarkedcanary0123456789'],
  ['https://www.instagram.com/oauth/authorize/third_party/error/?message=New', '&code=AQmarkedcanary0123456789'],
])('what is pasted beside “%s” is neither shown nor logged: %s', async (words, secret) => {
  const page = await person(world).submit('/help', { pasted: `${words} ${secret}` })

  expect(page.status).toBe(200)
  expect(page.text + world.log.join('')).not.toMatch(/markedcanary|alert\(/)
})

test('the response to any pasted text shows nothing of it, and calls nobody', async () => {
  const somebody = person(world)
  const special = ['<b>', '">', "'", '&', '%', '+', '{', '/', '?', 'code=', 'state=', 'error=', '://', '\0', '開']
  const part = fc.constantFrom(...special, world.origin)
  const pasted = fc.array(fc.oneof(part, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 60 })
  const callsBefore = world.sandbox.calls.length

  await fc.assert(
    fc.asyncProperty(pasted, async (parts) => {
      const page = await somebody.submit('/help', { pasted: `canary<i>${parts.join('')}` })

      expect(page.status).toBeLessThan(500)
      expect(page.text).not.toContain('canary')
    }),
    { numRuns: 25 },
  )
  expect(world.sandbox.calls).toHaveLength(callsBefore)
  expect(world.log.join('')).not.toContain('canary<i>')
})

test('outside production an error page shows Instagram’s response and what the operator can do', async () => {
  world.sandbox.fail('token_expired', { at: 'me', variant: 'subcode 463' })
  const access_token = world.sandbox.dashboardToken('business')

  const page = await person(world).submit('/import', { access_token })

  expect(page.text).toContain('For the site owner')
  expect(page.text).toMatch(/<dt>Message<\/dt>\s*<dd><code>Error validating access token: Session has expired/)
  expect(page.text).toMatch(/<dt>Code<\/dt>\s*<dd><code>190</)
  expect(page.text).toMatch(/<dt>Subcode<\/dt>\s*<dd><code>463</)
  expect(page.text).not.toContain(access_token)
})

test('in production an error page shows the person’s part only, and the log has both', async () => {
  await using production = await startWorld(PRODUCTION)
  production.sandbox.fail('verification_failed')

  const page = await person(production).login()

  expect(page.text).toContain('Please contact the site owner')
  expect(page.text).toMatch(/Reference: <code id="reference">\w{4}-\w{4}</)
  expect(page.text).not.toContain('For the site owner')
  expect(page.text).not.toContain('verification code')
  const line = production.log.find((logged) => logged.includes('Error validating verification code')) ?? '{}'
  expect(JSON.parse(line)).toMatchObject({
    explained: 'verification_failed',
    fixable_by: 'operator',
    fix: expect.stringContaining('compare INSTAGRAM_CLIENT_SECRET') as string,
  })
})

test('Instagram’s message is shown without the token that it quotes', async () => {
  const access_token = `IGAA${'quotedcanary'.repeat(5)}`
  const body = JSON.stringify({ error: { message: `Bad <b>${access_token}</b>`, code: 190 } })
  world.sandbox.answerNext('me', { status: 400, body })

  const page = await person(world).submit('/import', { access_token })

  expect(page.text).toContain('Bad &lt;b&gt;…&lt;/b&gt;')
  expect(page.text + world.log.join('')).not.toContain('quotedcanary')
})

test.each([
  ['token_revoked', 'This account must be reconnected'],
  ['of_a_newer_version', 'This account must be reconnected'],
])('the page of an account whose stored reason is %s is still shown', async (stored, words) => {
  const somebody = person(world)
  await somebody.login()
  await world.database.query("UPDATE accounts SET status = 'needs_reconnect', status_reason = $1", [stored])

  const page = await somebody.get('/')

  expect(page.status).toBe(200)
  expect(page.text).toContain(words)
})
