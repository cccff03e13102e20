import fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalogue } from '../../src/instagram/catalogue/catalogue.ts'
import { explanations } from '../../src/login/failures.ts'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

const PRODUCTION = { NODE_ENV: 'production', INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' }
const SCRIPT = '<script>alert("x")</script>'

/** What stands on a page, without its markup. */
function wordsOn(html: string): string {
  const text = html.replace(/<[^>]+>/g, ' ').replace(/&#39;/g, "'")
  return text
    .replace(/&quot;|&#34;/g, '"')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

test('help lists everything that can go wrong, each once, by who can mend it', async () => {
  await using world = await startWorld()

  const page = await person(world).get('/help')

  const listed = Array.from(page.text.matchAll(/<li><a href="\/help\/(\w+)"/g), ([, name]) => name)
  expect(page.status).toBe(200)
  expect(listed.sort()).toStrictEqual(Object.keys(explanations).sort())
  expect(page.text).toContain('Whoever runs this site has to mend it')
})

test('every entry has a page with all that the catalogue says of it', async () => {
  await using world = await startWorld()
  const somebody = person(world)

  for (const [name, { title, happened, advice, meaning, steps, unconfirmed }] of Object.entries(
    explanations,
  )) {
    const page = await somebody.get(`/help/${name}`)

    const words = wordsOn(page.text)
    expect(page.status).toBe(200)
    for (const text of [title, happened, advice, meaning, ...steps, unconfirmed ?? ''])
      expect(words).toContain(text)
    expect(page.get('Set-Cookie')).toBeUndefined()
  }
})

test('an entry is found by Instagram’s own words: they are its title', async () => {
  await using world = await startWorld()

  const page = await person(world).get('/help/invalid_platform_app')

  expect(page.text).toMatch(/<title>“Invalid platform app”: Instagram does not know this site’s app<\/title>/)
  expect(wordsOn(page.text)).toContain(
    'It shows on Instagram’s own page, or when the code is exchanged for a token.',
  )
  for (const { says } of catalogue.invalid_platform_app.signs)
    expect(wordsOn(page.text)).toContain(`“${says}”`)
})

test.each(['nothing_of_ours', 'constructor', '__proto__', 'toString', '%3Cscript%3E', 'UNKNOWN'])(
  'there is no help of the name %s',
  async (name) => {
    await using world = await startWorld()

    const page = await person(world).get(`/help/${name}`)

    expect(page.status).toBe(404)
    expect(page.text).toContain('There is nothing here')
    expect(page.text).not.toContain('script>alert')
  },
)

test('words that are known are answered with their entry', async () => {
  await using world = await startWorld()

  const page = await person(world).submit('/help', { pasted: 'insufficient developer role' })

  expect(page.status).toBe(200)
  expect(page.get('Cache-Control')).toBe('no-store')
  expect(page.text).toContain('Instagram does not allow this account yet')
  expect(page.text).toContain('App roles → Roles → Instagram Testers')
})

test('words that are not known are answered with a reference, which the log has without the words', async () => {
  await using world = await startWorld()

  const page = await person(world).submit('/help', { pasted: 'Something peculiar 4711' })

  const [, reference = 'none'] = /Reference for whoever runs this site: <code>([^<]+)</.exec(page.text) ?? []
  expect(page.text).toContain('we do not know why')
  expect(page.text).toContain('<textarea')
  expect(world.log.join('')).toContain(reference)
  expect(world.log.join('')).toContain('"explained":"unknown"')
  expect(page.text + world.log.join('')).not.toContain('4711')
})

test.each(['', 'x'.repeat(4001)])('%s is answered like anything that is not known', async (pasted) => {
  await using world = await startWorld()

  const page = await person(world).submit('/help', { pasted })

  expect(page.status).toBe(200)
  expect(page.text).toContain('we do not know why')
})

test('a paste that is far too large is refused', async () => {
  await using world = await startWorld()

  const page = await person(world).submit('/help', { pasted: 'x'.repeat(20_000) })

  expect(page.status).toBe(400)
})

test('a paste from another site is refused', async () => {
  await using world = await startWorld()

  const page = await person(world).post('/help', { 'Sec-Fetch-Site': 'cross-site' })

  expect(page.status).toBe(403)
  expect(page.text).toContain('This did not come from our own page')
})

test.each([
  ['Invalid platform app', SCRIPT],
  ['Something new', SCRIPT],
  ['Invalid platform app', 'access_token=IGAAmarkedcanary0123456789'],
  [
    'https://www.instagram.com/oauth/authorize/third_party/error/?message=New',
    '&code=AQmarkedcanary0123456789',
  ],
])('what is pasted beside “%s” is neither shown nor logged: %s', async (words, secret) => {
  await using world = await startWorld()

  const page = await person(world).submit('/help', { pasted: `${words} ${secret}` })

  expect(page.status).toBe(200)
  expect(page.text + world.log.join('')).not.toMatch(/markedcanary|alert\(/)
})

test('whatever is pasted is answered by a page that shows nothing of it, and nothing is called', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const part = fc.constantFrom(
    '<b>',
    '">',
    "'",
    '&',
    '%',
    '+',
    '{',
    '/',
    '?',
    'code=',
    'state=',
    'error=',
    '://',
    '\0',
    '開',
    world.origin,
  )
  const pasted = fc.array(fc.oneof(part, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 60 })

  await fc.assert(
    fc.asyncProperty(pasted, async (parts) => {
      const page = await somebody.submit('/help', { pasted: `canary<i>${parts.join('')}` })

      expect(page.status).toBeLessThan(500)
      expect(page.text).not.toContain('canary')
    }),
    { numRuns: 60 },
  )
  expect(world.sandbox.calls).toStrictEqual([])
  expect(world.log.join('')).not.toContain('canary')
})

test('outside production an error page has what Instagram said and what the operator does', async () => {
  await using world = await startWorld()
  world.sandbox.fail('token_expired', { at: 'me', variant: 'subcode 463' })
  const access_token = world.sandbox.dashboardToken('business')

  const page = await person(world).submit('/import', { access_token })

  expect(page.text).toContain('If you run this site')
  expect(page.text).toMatch(
    /<dt>Message<\/dt>\s*<dd><code>Error validating access token: Session has expired/,
  )
  expect(page.text).toMatch(/<dt>Code<\/dt>\s*<dd><code>190</)
  expect(page.text).toMatch(/<dt>Subcode<\/dt>\s*<dd><code>463</)
  expect(page.text).not.toContain(access_token)
})

test('in production an error page has the person’s part alone, and the log has both', async () => {
  await using world = await startWorld(PRODUCTION)
  const somebody = person(world)
  world.sandbox.fail('verification_failed')

  const page = await somebody.login()

  expect(page.text).toContain('Tell whoever runs this site')
  expect(page.text).toMatch(/Reference for whoever runs this site: <code>\w{4}-\w{4}</)
  expect(page.text).not.toContain('If you run this site')
  expect(page.text).not.toContain('verification code')
  const line = world.log.find((logged) => logged.includes('Error validating verification code')) ?? '{}'
  expect(JSON.parse(line)).toMatchObject({
    explained: 'verification_failed',
    mender: 'operator',
    fix: expect.stringContaining('compare INSTAGRAM_CLIENT_SECRET') as string,
  })
})

test('what Instagram says is shown without the token that it quotes', async () => {
  await using world = await startWorld()
  const access_token = `IGAA${'markedcanary'.repeat(5)}`
  const body = JSON.stringify({ error: { message: `Bad <b>${access_token}</b>`, code: 190 } })
  world.sandbox.answerNext('me', { status: 400, body })

  const page = await person(world).submit('/import', { access_token })

  expect(page.text).toContain('Bad &lt;b&gt;…&lt;/b&gt;')
  expect(page.text + world.log.join('')).not.toContain('markedcanary')
})

test('a login that failed under a name of another version is told as one that nobody knows', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  world.sandbox.fail('verification_failed')
  await somebody.get(callback)
  await world.database.run(
    `UPDATE callbacks SET outcome = '{"failure":"app_misconfigured","reference":"AAAA-BBBB"}'`,
  )

  const page = await somebody.get(callback)

  expect(page.status).toBe(502)
  expect(page.text).toContain('href="/help/unknown"')
  expect(page.text).toContain('AAAA-BBBB')
})

test.each([
  ['not_permitted', 'permission is gone'],
  ['unavailable', 'broken on its side'],
  ['of_a_newer_version', ''],
])('a reason that was stored as %s is still read', async (stored, words) => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  await world.database.run("UPDATE accounts SET status = 'needs_reconnect', status_reason = $1", stored)

  const page = await somebody.get('/')

  expect(page.text).toContain('This account needs you')
  expect(page.text).toContain(words)
})
