import { expect, test } from 'vitest'
import { place } from '../support/place.ts'
import { openBrowser } from '../support/browser.ts'
import { heading, logIn } from './steps.ts'

test('a person who accepts the self-signed certificate logs in by https, with a cookie for this host only', async () => {
  await using here = await place()
  const app = here.start({ HTTPS: 'self-signed' })
  await app.ready()
  await using browser = await openBrowser({ anyCertificate: true })
  const page = await browser.open(`https://localhost:${here.port}`)

  await logIn(page)

  expect(await heading(page)).toBe('@harbour.bakery')
  expect(new URL(page.url()).origin).toBe(`https://localhost:${here.port}`)
  expect(await page.context().cookies()).toMatchObject([
    { name: '__Host-instagram-access-token-browser', secure: true, httpOnly: true, sameSite: 'Lax' },
    { name: '__Host-instagram-access-token', secure: true, httpOnly: true, sameSite: 'Lax' },
  ])
})
