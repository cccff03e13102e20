import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { person } from '../support/person.ts'
import { CLIENT_ID, startWorld } from '../support/world.ts'

const NO_CREDENTIALS = { INSTAGRAM_CLIENT_ID: '', INSTAGRAM_CLIENT_SECRET: '', INSTAGRAM_REDIRECT_URI: '' }
const PRODUCTION = { NODE_ENV: 'production', INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' }

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(() => {
  world.restart()
})

/** What the copy button of this element copies. */
function copied(id: string, page: string): string {
  const [, text] = new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(page) ?? []
  if (text === undefined) throw new Error(`Nothing to copy with the id ${id}`)
  return text
}

test('the guide has the exact values of this installation to copy', async () => {
  world.restart({
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

test('in the sandbox the guide has https on localhost and placeholders, and every page links to it', async () => {
  world.restart({ ...NO_CREDENTIALS, PORT: '3456' })

  const { text } = await person(world).get('/setup')
  const start = await person(world).get('/')

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
  expect(start.text).toContain('<a href="/setup">Set up the real one</a>')
})

test.each([
  ['self-signed', 'HTTPS=self-signed'],
  ['cert.pem, key.pem', 'HTTPS=cert.pem,key.pem'],
])('HTTPS=%s stays in the .env', async (https, line) => {
  world.restart({ HTTPS: https, INSTAGRAM_REDIRECT_URI: 'https://localhost:3000/response' })

  const { text } = await person(world).get('/setup')

  expect(copied('env-file', text).split('\n')).toContain(line)
  expect(text).not.toContain('runs by http now')
})

test.each(['get', 'post'] as const)(
  'in production there is no guide for a visitor (%s), and nothing is called',
  async (method) => {
    const callsBefore = world.sandbox.calls.length
    world.restart(PRODUCTION)

    const { status, text } = await person(world)[method]('/setup')

    expect(status).toBe(404)
    expect(text).not.toContain('tokens.example')
    expect(world.sandbox.calls).toHaveLength(callsBefore)
  },
)

test('opening the guide calls nobody', async () => {
  const callsBefore = world.sandbox.calls.length

  for (let view = 0; view < 3; view += 1) await person(world).get('/setup')

  expect(world.sandbox.calls).toHaveLength(callsBefore)
})

test('a click runs the doctor, and everybody sees the results until the next click', async () => {
  world.restart({ INSTAGRAM_SCOPES: 'instagram_business_basic,likes' })
  const operator = person(world)

  const response = await operator.post('/setup')
  const page = await operator.get('/setup')
  const later = await person(world).get('/setup')

  expect([response.status, response.get('Location')]).toStrictEqual([303, '/setup#doctor'])
  expect(page.text).toMatch(/<li class="ok"><strong>App ID<\/strong>/)
  expect(page.text).toMatch(/<li class="wrong"><strong>Scopes<\/strong> <span>likes is a name of/)
  expect(page.text).toMatch(/<li class="unknown"><strong>App secret<\/strong>/)
  expect(page.text).not.toMatch(/canary/)
  expect(later.text).toContain('<strong>App ID</strong>')
})

test('clicks at the same time and within ten seconds run the doctor once, a later one again, whatever the clock says', async () => {
  const operator = person(world)
  const before = exchanges()

  await Promise.all([operator.post('/setup'), operator.post('/setup'), person(world).post('/setup')])
  world.pass(3_600_000)
  await operator.post('/setup')
  const soon = exchanges()
  const monotonic = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + 10_000)
  await operator.post('/setup')
  vi.restoreAllMocks()

  expect([soon - before, exchanges() - before]).toStrictEqual([1, 2])
})

function exchanges(): number {
  return world.sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length
}
