import { X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { expect, onTestFinished, test } from 'vitest'
import { certificateFor } from '../../src/certificate.ts'
import type { HttpsSetting } from '../../src/config.ts'
import { DAY_MS } from '../../src/facts.ts'

const NOW = new Date('2026-11-23T12:00:00Z')

test('without HTTPS there is no certificate, and nothing is stored', async () => {
  const folder = await temporaryFolder()

  const certificate = await certificateFor(settings(undefined, folder), NOW)

  expect(certificate).toBeUndefined()
  expect(await readdir(folder)).toStrictEqual([])
})

test('the self-signed certificate is for this machine, by name and by both addresses', async () => {
  const folder = await temporaryFolder()

  const certificate = await kept(folder)

  const read = new X509Certificate(certificate?.cert ?? '')
  for (const address of ['127.0.0.1', '::1']) expect(read.checkIP(address)).toBe(address)
  expect(read.checkHost('localhost')).toBe('localhost')
  expect(read.checkHost('site.example')).toBeUndefined()
  expect(read.ca).toBe(false)
  expect(read.fingerprint256).toBe(certificate?.fingerprint)
  expect(certificate?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
})

test('the self-signed certificate lasts two years, in a file for its owner only', async () => {
  const folder = await temporaryFolder()
  const first = await kept(folder)

  const later = await kept(folder, new Date(NOW.getTime() + 730 * DAY_MS))

  expect(later).toStrictEqual(first)
  expect(await readdir(folder)).toStrictEqual(['localhost-1.pem'])
  expect((await stat(join(folder, 'localhost-1.pem'))).mode & 0o777).toBe(0o600)
})

test('an expired self-signed certificate is replaced once', async () => {
  const folder = await temporaryFolder()
  const first = await kept(folder)
  const later = new Date(NOW.getTime() + 826 * DAY_MS)

  const second = await kept(folder, later)

  expect(second?.fingerprint).not.toBe(first?.fingerprint)
  expect(new X509Certificate(second?.cert ?? '').validToDate > later).toBe(true)
  expect(await kept(folder, later)).toStrictEqual(second)
})

test.each([0, 826])(
  'processes that start at once use the same certificate, %i days after the first was created',
  async (days) => {
    const folder = await temporaryFolder()
    await kept(folder)
    const later = new Date(NOW.getTime() + days * DAY_MS)

    const all = await Promise.all(Array.from({ length: 8 }, () => kept(folder, later)))

    expect(new Set(all.map((certificate) => certificate?.key)).size).toBe(1)
  },
)

test('the doctor finds the self-signed certificate, and creates none', async () => {
  const folder = await temporaryFolder()
  const find = () => certificateFor(settings('self-signed', folder), NOW, { create: false })

  const before = await find()
  const created = await kept(folder)

  expect(before).toBeUndefined()
  expect(await find()).toStrictEqual(created)
})

test.each([
  ['a certificate', (pem: string) => pem.replace(/-----BEGIN CERTIFICATE[^]+?END CERTIFICATE-----/, '')],
  ['a key', (pem: string) => pem.replace(/-----BEGIN PRIVATE[^]+/, '')],
])('a stored file without %s is named in the error', async (_, spoil) => {
  const folder = await temporaryFolder()
  await kept(folder)
  const file = join(folder, 'localhost-1.pem')
  await writeFile(file, spoil(await readFile(file, 'utf8')))

  const error = await refusal(kept(folder))

  expect(error).toContain(file)
  expect(error).toContain('in PEM form')
})

test('a certificate of the operator is used as it is', async () => {
  const { folder, cert, key, pair } = await ownPair()

  const certificate = await own(folder)

  expect(certificate).toStrictEqual({ cert, key, fingerprint: pair.fingerprint256 })
})

test.each([
  ['cert.pem', 'does not exist'],
  ['key.pem', 'does not exist'],
])('a missing file %s is named in the error', async (name, words) => {
  const { folder } = await ownPair()
  await rm(join(folder, name))

  expect(await refusal(own(folder))).toBe(`HTTPS names ${join(folder, name)}, which ${words}.`)
})

test('a file that is a folder cannot be read', async () => {
  const { folder } = await ownPair()

  const error = await refusal(certificateFor(settings({ certificateFile: folder, keyFile: folder }, folder), NOW))

  expect(error).toBe(`HTTPS names ${folder}, which cannot be read: it is a folder.`)
})

test('a key of another certificate is refused', async () => {
  const { folder } = await ownPair()
  const other = await ownPair()
  await writeFile(join(folder, 'key.pem'), other.key)

  expect(await refusal(own(folder))).toBe(
    `HTTPS: the key in ${join(folder, 'key.pem')} does not belong to the certificate in ${join(folder, 'cert.pem')}.`,
  )
})

test.each([
  ['cert.pem', 'no certificate in PEM form'],
  ['key.pem', 'no private key in PEM form, or one with a passphrase'],
])('a %s that is something else is refused, and its content is not shown', async (name, words) => {
  const { folder } = await ownPair()
  await writeFile(join(folder, name), 'something-marked-canary')

  const error = await refusal(own(folder))

  expect(error).toBe(`HTTPS: ${join(folder, name)} holds ${words}.`)
})

test('an expired certificate is refused, with its last day', async () => {
  const { folder } = await ownPair()

  const error = await refusal(own(folder, new Date(NOW.getTime() + 31 * DAY_MS)))

  expect(error).toBe(`HTTPS: the certificate in ${join(folder, 'cert.pem')} expired on 2026-12-23.`)
})

test('a certificate that is not valid yet is refused, with its first day', async () => {
  const { folder } = await ownPair()

  const error = await refusal(own(folder, new Date(NOW.getTime() - DAY_MS)))

  expect(error).toBe(`HTTPS: the certificate in ${join(folder, 'cert.pem')} is not valid before 2026-11-23.`)
})

function kept(folder: string, now = NOW) {
  return certificateFor(settings('self-signed', folder), now)
}

function own(folder: string, now = NOW) {
  const https = { certificateFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  return certificateFor(settings(https, folder), now)
}

function settings(https: HttpsSetting, folder: string) {
  const listening = { host: '127.0.0.1', port: 3000, https, trustProxy: false }
  return { listening, databaseUrl: `file:${folder}/accounts.db` }
}

/** A certificate and its key as files, good for thirty days. */
async function ownPair() {
  const folder = await temporaryFolder()
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'site.example' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: NOW,
    notAfterDate: new Date(NOW.getTime() + 30 * DAY_MS),
  })
  await writeFile(join(folder, 'cert.pem'), cert)
  await writeFile(join(folder, 'key.pem'), key)
  return { folder, cert, key, pair: new X509Certificate(cert) }
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error: unknown = await attempt.catch((reason: unknown) => reason)
  if (!(error instanceof Error)) throw new Error('This was accepted')
  return error.message
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'certificate-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
