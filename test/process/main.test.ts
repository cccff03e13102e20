import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { linkCalled } from '../support/person.ts'
import { place } from '../support/place.ts'

test('without any settings it starts, says plainly that it is a sandbox, and a login works to the token', async () => {
  await using here = await place()
  const app = here.start()
  await app.ready()

  const start = await fetch(here.origin)
  const href = linkCalled('Get Started', await start.text())
  const form = new URLSearchParams({ person: 'business', decision: 'allow' })
  const decided = await fetch(href, { method: 'POST', body: form, redirect: 'manual' })
  const cookie = start.headers.get('set-cookie')?.split(';')[0] ?? ''
  const page = await fetch(decided.headers.get('location') ?? '', { headers: { cookie } })

  expect(app.output()).toContain('Sandbox: no Instagram credentials are set')
  expect(await page.text()).toMatch(/Sandbox\.[^]+@harbour\.bakery[^]+id="token">IGAA/)
})

test('killed and started again it still knows who is connected', async () => {
  await using here = await place()
  const app = here.start()
  await app.ready()
  const start = await fetch(here.origin)
  const href = linkCalled('Get Started', await start.text())
  const form = new URLSearchParams({ person: 'creator', decision: 'allow' })
  const decided = await fetch(href, { method: 'POST', body: form, redirect: 'manual' })
  const before = start.headers.get('set-cookie')?.split(';')[0] ?? ''
  const page = await fetch(decided.headers.get('location') ?? '', { headers: { cookie: before } })
  const cookie = page.headers
    .getSetCookie()
    .map((set) => set.split(';')[0])
    .join('; ')
  app.child.kill('SIGKILL')
  await app.ended

  const again = here.start()
  await again.ready()

  const account = await fetch(here.origin, { headers: { cookie } })
  expect(await account.text()).toMatch(/@mira\.draws[^]+id="token">IGAA/)
})

test.each(['SIGTERM', 'SIGINT'] as const)('on %s it stops cleanly, with status 0', async (signal) => {
  await using here = await place()
  const app = here.start()
  await app.ready()

  app.child.kill(signal)

  expect(await app.ended).toBe(0)
  expect(app.output()).toContain('Stopping')
})

test('every mistake in the settings is named at once, without a value or a stack, and it ends with status 1', async () => {
  await using here = await place()
  await writeFile(join(here.folder, '.env'), 'PORT=notaport\nLOG_LEVEL=loud\n')

  const app = here.start({ PORT: '', INSTAGRAM_CLIENT_ID: '123canary', SESSION_SECRETS: 'shortcanary' })

  expect(await app.ended).toBe(1)
  for (const name of ['INSTAGRAM_CLIENT_SECRET', 'INSTAGRAM_REDIRECT_URI', 'SESSION_SECRETS', 'LOG_LEVEL'])
    expect(app.output()).toContain(name)
  expect(app.output()).not.toMatch(/canary|loud|notaport| {4}at /)
})

test('what keeps logins from coming to their end is warned of at start, and it starts', async () => {
  await using here = await place()

  const app = here.start({ INSTAGRAM_SCOPES: 'instagram_business_basic,user_media' })
  await app.ready()

  expect(app.output()).toMatch(
    /"level":40,[^\n]*user_media is a name of the Basic Display API[^\n]*Write instagram_business_basic/,
  )
})

test('in production without credentials it refuses to start', async () => {
  await using here = await place()

  const app = here.start({ NODE_ENV: 'production' })

  expect(await app.ended).toBe(1)
  expect(app.output()).toContain('must be set in production')
})

test('a port that is taken is said in one sentence, with status 1', async () => {
  await using here = await place()
  const first = here.start()
  await first.ready()

  const second = here.start()

  expect(await second.ended).toBe(1)
  expect(second.output()).toMatch(/Port \d+ is in use by another program/)
  expect(second.output()).not.toContain('    at ')
})
