import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, fetch, type RequestInit } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { linkCalled } from '../support/person.ts'
import { freePort, place } from '../support/place.ts'

test('by self-signed https a login works to the token, under a cookie for this host and https only', async () => {
  await using here = await place()
  const app = here.start({ HTTPS: 'self-signed' })
  await app.ready()
  const origin = `https://localhost:${here.port}`
  const get = await client(here.folder)

  const start = await get(origin)
  const href = linkCalled('Get Started', await start.text())
  const form = new URLSearchParams({ person: 'business', decision: 'allow' })
  const decided = await fetch(href, { method: 'POST', body: form, redirect: 'manual' })
  const [cookie = '', ...attributes] = start.headers.get('set-cookie')?.split('; ') ?? []
  const callback = decided.headers.get('location') ?? ''
  const page = await get(callback, { headers: { cookie } })

  expect(cookie).toMatch(/^__Host-/)
  expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']))
  expect(callback).toMatch(new RegExp(`^${origin}/response\\?code=`))
  expect(await page.text()).toMatch(/@harbour\.bakery[^]+id="token">IGAA/)
  expect(app.output()).toContain(`open ${origin} and choose Get Started`)
})

test('the sandbox tells an app of a deletion by self-signed https too', async () => {
  await using here = await place()
  const app = here.start({ HTTPS: 'self-signed' })
  await app.ready()
  const [, sandbox = ''] = /(http:\/\/127\.0\.0\.1:\d+) stands in/.exec(app.output()) ?? []

  const answer = await fetch(`${sandbox}/people/business/ask-for-deletion`, { method: 'POST' })

  expect(await answer.text()).toContain('Open the status page')
})

test('by its numbers this machine is reached too, and sends people to its name', async () => {
  await using here = await place()
  const app = here.start({ HTTPS: 'self-signed' })
  await app.ready()
  const get = await client(here.folder)

  const answer = await get(`https://127.0.0.1:${here.port}/`, { redirect: 'manual' })

  expect(answer.headers.get('location')).toBe(`https://localhost:${here.port}/`)
})

test('two processes that start at once show the same certificate, and print its fingerprint', async () => {
  await using here = await place()
  const ports = [await freePort(), await freePort()]
  const another = { PORT: String(ports[0]), SANDBOX_PORT: String(ports[1]) }

  const apps = [here.start({ HTTPS: 'self-signed' }), here.start({ HTTPS: 'self-signed', ...another })]
  await Promise.all(apps.map((app) => app.ready()))

  const printed = apps.map(
    (app) => /fingerprint is ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})/.exec(app.output())?.[1],
  )
  expect(printed[0]).toBeDefined()
  expect(printed[1]).toBe(printed[0])
})

test('a certificate that is not there is said in one sentence, with status 1', async () => {
  await using here = await place()

  const app = here.start({ HTTPS: 'missing.pem,key.pem' })

  expect(await app.ended).toBe(1)
  expect(app.output().trim()).toBe(
    `Cannot start: HTTPS names ${join(here.folder, 'missing.pem')}, which is not there.`,
  )
})

/** Somebody who trusts the kept certificate, and no other. */
async function client(folder: string) {
  const ca = await readFile(join(folder, 'data/localhost-1.pem'), 'utf8')
  const dispatcher = new Agent({ connect: { ca } })
  onTestFinished(() => dispatcher.close())
  return (address: string, options: RequestInit = {}) => fetch(address, { ...options, dispatcher })
}
