import { createServer as createHttpsServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { certificateFor } from '../../src/process/certificate.ts'
import { linesOn, startPatient, startServer } from './support.ts'

test('where the app answers, all is well', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine()

  expect(linesOn('What answers there', lines)).toEqual([
    { outcome: 'ok', says: 'It answers, and sends nobody elsewhere.' },
  ])
})

test.each([
  [301, 'https://www.site.example/response', 'https://www.site.example/response'],
  [302, '//site.example/response?canary', 'http://site.example/response'],
  [308, '/response/', '/response/'],
])('a %i to %s breaks the match, and is wrong', async (status, location, target) => {
  await using patient = await startPatient()
  const origin = await startServer((_, answer) => answer.writeHead(status, { location }).end())

  const lines = await patient.examine({ INSTAGRAM_REDIRECT_URI: `${origin}/response` })

  expect(linesOn('What answers there', lines)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining(new URL(target, origin).href) as string },
  ])
  expect(JSON.stringify(lines)).not.toContain('canary')
})

test.each([
  [404, 'wrong', /not this app/],
  [502, 'unknown', /answers 502/],
  [401, 'unknown', /log in there first/],
  [403, 'unknown', /log in there first/],
] as const)('a %i in front of it is %s', async (status, outcome, says) => {
  await using patient = await startPatient()
  const origin = await startServer((_, answer) => answer.writeHead(status).end())

  const lines = await patient.examine({ INSTAGRAM_REDIRECT_URI: `${origin}/response` })

  expect(linesOn('What answers there', lines)).toMatchObject([
    { outcome, says: expect.stringMatching(says) as string },
  ])
})

test('a name without an address is wrong', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine({ INSTAGRAM_REDIRECT_URI: 'https://site.invalid/response' })

  expect(linesOn('What answers there', lines)).toMatchObject([
    { outcome: 'wrong', says: 'The name site.invalid leads to no address.' },
  ])
})

test('where nothing answers it is not known: the app may not be running', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine({ INSTAGRAM_REDIRECT_URI: 'http://localhost:1/response' })

  expect(linesOn('What answers there', lines)).toMatchObject([{ outcome: 'unknown' }])
})

test('https on localhost where http is spoken is wrong, with HTTPS as the fix', async () => {
  await using patient = await startPatient()
  const uri = patient.world.origin.replace('http:', 'https:')

  const lines = await patient.examine({ INSTAGRAM_REDIRECT_URI: `${uri}/response`, PORT: '1' })

  expect(linesOn('What answers there', lines)).toMatchObject([
    { outcome: 'wrong', fix: expect.stringContaining('HTTPS=self-signed') as string },
  ])
})

test('the certificate that the app has made is trusted', async () => {
  await using patient = await startPatient()
  const certificate = await certificateFor(
    { https: 'self-signed', databaseUrl: `file:${patient.world.databaseFile}` },
    new Date(),
  )
  const server = createHttpsServer({ ...certificate }, (_, answer) => answer.writeHead(400).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const uri = `https://localhost:${(server.address() as AddressInfo).port}/response`

  const lines = await patient.examine({ HTTPS: 'self-signed', INSTAGRAM_REDIRECT_URI: uri })
  const elsewhere = await patient.examine({
    HTTPS: 'self-signed',
    INSTAGRAM_REDIRECT_URI: uri,
    DATABASE_URL: `file:${dirname(patient.world.databaseFile)}/other/accounts.db`,
  })

  expect(linesOn('What answers there', lines)).toMatchObject([{ outcome: 'ok' }])
  expect(linesOn('What answers there', elsewhere)).toMatchObject([{ outcome: 'wrong' }])
})

test('a certificate of the operator’s own that is not there is wrong', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine({
    HTTPS: '/nowhere/cert.pem,/nowhere/key.pem',
    INSTAGRAM_REDIRECT_URI: 'https://localhost:1/response',
  })

  expect(linesOn('Certificate', lines)).toMatchObject([
    { outcome: 'wrong', says: 'HTTPS names /nowhere/cert.pem, which is not there.' },
  ])
})
