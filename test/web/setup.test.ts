import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { CLIENT_ID, startWorld } from '../support/world.ts'

const NONE = { INSTAGRAM_CLIENT_ID: '', INSTAGRAM_CLIENT_SECRET: '', INSTAGRAM_REDIRECT_URI: '' }
const PRODUCTION = { NODE_ENV: 'production', INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' }

test('the guide has the exact values of this installation to copy', async () => {
  await using world = await startWorld({
    INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response/',
    INSTAGRAM_SCOPES: 'instagram_business_basic instagram_business_manage_insights',
  })

  const { status, text } = await person(world).get('/setup')

  expect(status).toBe(200)
  expect(copied('redirect-uri', text)).toBe('https://tokens.example/response/')
  expect(copied('deauthorize', text)).toBe('https://tokens.example/deauthorize')
  expect(copied('deletion', text)).toBe('https://tokens.example/data-deletion')
  expect(copied('scopes', text)).toBe('instagram_business_basic,instagram_business_manage_insights')
  expect(copied('env-file', text).split('\n')).toEqual([
    `INSTAGRAM_CLIENT_ID=${CLIENT_ID}`,
    'INSTAGRAM_CLIENT_SECRET=the Instagram app secret',
    'INSTAGRAM_REDIRECT_URI=https://tokens.example/response/',
    'INSTAGRAM_SCOPES=instagram_business_basic,instagram_business_manage_insights',
  ])
  expect(text).not.toMatch(/canary|cannot reach this machine|runs by http now/)
})

test('in the sandbox the guide leads to https on localhost, and to an ID of one’s own', async () => {
  await using world = await startWorld({ ...NONE, PORT: '3456' })

  const { text } = await person(world).get('/setup')

  expect(copied('redirect-uri', text)).toBe('https://localhost:3456/response')
  expect(copied('env-file', text).split('\n')).toEqual([
    'INSTAGRAM_CLIENT_ID=the Instagram app ID',
    'INSTAGRAM_CLIENT_SECRET=the Instagram app secret',
    'INSTAGRAM_REDIRECT_URI=https://localhost:3456/response',
    'INSTAGRAM_SCOPES=instagram_business_basic',
    'PORT=3456',
    'HTTPS=self-signed',
  ])
  expect(text).toContain('runs by http now')
  expect(text).toContain('cannot reach this machine')
})

test.each([
  ['self-signed', 'HTTPS=self-signed'],
  ['cert.pem, key.pem', 'HTTPS=cert.pem,key.pem'],
])('HTTPS=%s stays in the .env', async (https, line) => {
  await using world = await startWorld({
    HTTPS: https,
    INSTAGRAM_REDIRECT_URI: 'https://localhost:3000/response',
  })

  const { text } = await person(world).get('/setup')

  expect(copied('env-file', text).split('\n')).toContain(line)
  expect(text).not.toContain('runs by http now')
})

test('in the sandbox every page leads to the guide', async () => {
  await using world = await startWorld(NONE)

  const { text } = await person(world).get('/')

  expect(text).toContain('<a href="/setup">Set up the real one</a>')
})

test.each(['get', 'post'] as const)('in production a %s finds no guide, and asks nobody', async (method) => {
  await using world = await startWorld(PRODUCTION)

  const { status, text } = await person(world)[method]('/setup')

  expect(status).toBe(404)
  expect(text).not.toContain('tokens.example')
  expect(world.sandbox.calls).toEqual([])
})

test('a view asks nobody, however often it comes', async () => {
  await using world = await startWorld()
  const operator = person(world)

  for (let view = 0; view < 3; view++) await operator.get('/setup')

  expect(world.sandbox.calls).toEqual([])
})

test('a click sends the doctor, and what is found stays on the page', async () => {
  await using world = await startWorld({ INSTAGRAM_SCOPES: 'instagram_business_basic,likes' })
  const operator = person(world)

  const answer = await operator.post('/setup')
  const page = await operator.get('/setup')
  const later = await person(world).get('/setup')

  expect(answer.status).toBe(303)
  expect(answer.headers['location']).toBe('/setup#doctor')
  expect(page.text).toMatch(/<li class="ok"><strong>App ID<\/strong>/)
  expect(page.text).toMatch(/<li class="wrong"><strong>Scopes<\/strong> <span>likes is a name of/)
  expect(page.text).toMatch(/<li class="unknown"><strong>App secret<\/strong>/)
  expect(page.text).not.toMatch(/canary/)
  expect(later.text).toContain('<strong>App ID</strong>')
})

test('clicks at once and soon after ask Instagram once, and a later one again', async () => {
  await using world = await startWorld()
  const operator = person(world)
  const asked = () => world.sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length

  await Promise.all([operator.post('/setup'), operator.post('/setup'), person(world).post('/setup')])
  await operator.post('/setup')
  const soon = asked()
  world.pass(10_000)
  await operator.post('/setup')

  expect(soon).toBe(1)
  expect(asked()).toBe(2)
})

test('another site cannot send the doctor', async () => {
  await using world = await startWorld()

  const { status } = await person(world).post('/setup', { 'Sec-Fetch-Site': 'cross-site' })

  expect(status).toBe(403)
  expect(world.sandbox.calls).toEqual([])
})

/** What the copy button of this element copies. */
function copied(id: string, page: string): string {
  const [, text] = new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(page) ?? []
  if (text === undefined) throw new Error(`Nothing to copy with the id ${id}`)
  return text
}
