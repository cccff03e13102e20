import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Agent, fetch, type RequestInit } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { linkCalled } from '../support/person.ts'
import { freePort, place } from '../support/place.ts'

test('with a self-signed certificate a login works, as do Meta’s callbacks and other processes', async () => {
  await using here = await place()
  const another = { PORT: String(await freePort()), SANDBOX_PORT: String(await freePort()) }
  const apps = [here.start({ HTTPS: 'self-signed' }), here.start({ HTTPS: 'self-signed', ...another })]
  await Promise.all(apps.map((app) => app.ready()))
  const outputs = apps.map((app) => app.output())
  const origin = `https://localhost:${here.port}`
  const get = await client(here.folder)

  // Processes that start at once have the same certificate.
  const fingerprints = outputs.map(
    (text) => /fingerprint of the certificate: ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})/.exec(text)?.[1],
  )
  expect(fingerprints[0]).toBeDefined()
  expect(fingerprints[1]).toBe(fingerprints[0])
  expect(outputs[0]).toContain(`open ${origin} and choose Get Started`)

  // The cookie is for this host and https only.
  const start = await get(origin)
  const [cookie = '', ...attributes] = start.headers.get('set-cookie')?.split('; ') ?? []
  expect(cookie).toMatch(/^__Host-/)
  expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']))

  // A login ends with the token.
  const href = linkCalled('Get Started', await start.text())
  const form = new URLSearchParams({ person: 'business', decision: 'allow' })
  const decided = await fetch(href, { method: 'POST', body: form, redirect: 'manual' })
  const callback = decided.headers.get('location') ?? ''
  const page = await get(callback, { headers: { cookie } })
  expect(callback).toMatch(new RegExp(`^${origin}/response\\?code=`))
  expect(await page.text()).toMatch(/@harbour\.bakery[^]+id="token">IGAA/)

  // The address 127.0.0.1 redirects to localhost.
  const loopback = await get(`https://127.0.0.1:${here.port}/`, { redirect: 'manual' })
  expect(loopback.headers.get('location')).toBe(`${origin}/`)

  // The sandbox trusts the certificate, and calls the app.
  const deletion = await fetch(`http://127.0.0.1:${here.sandboxPort}/people/business/ask-for-deletion`, {
    method: 'POST',
  })
  expect(await deletion.text()).toContain('Open the status page')

  // Stopping does not wait for a connection that has sent nothing.
  const silent = connect(here.port, '127.0.0.1')
  await once(silent, 'connect')
  const closed = once(silent.resume(), 'close')
  apps[0]?.child.kill('SIGTERM')
  const since = performance.now()
  await closed
  expect(await apps[0]?.ended).toBe(0)
  expect(performance.now() - since).toBeLessThan(8_000)
})

test('a missing certificate is one sentence, with status 1', async () => {
  await using here = await place()

  const app = here.start({ HTTPS: 'missing.pem,key.pem' })

  expect(await app.ended).toBe(1)
  expect(app.output().trim()).toBe(
    `Cannot start: HTTPS names ${join(here.folder, 'missing.pem')}, which does not exist.`,
  )
})

/** A client that trusts the stored certificate only. */
async function client(folder: string) {
  const ca = await readFile(join(folder, 'data/localhost-1.pem'), 'utf8')
  const dispatcher = new Agent({ connect: { ca } })
  onTestFinished(() => dispatcher.close())
  return (address: string, options: RequestInit = {}) => fetch(address, { ...options, dispatcher })
}
