import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSandbox, openInstagram } from '../../src/index.ts'
import { postgres, sqlite } from '../support/places.ts'
import { KEY, rejection, SILENT, startSite } from './support.ts'

const PROGRAM = join(import.meta.dirname, 'program.ts')

/** Starts the program, which closes what it has opened, or stays. */
function run(databaseUrl: string, end: 'close' | 'stay') {
  const child = spawn(process.execPath, [PROGRAM, databaseUrl, end])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return { child, ended, output: () => output }
}

test.each([sqlite, postgres])(
  'a process with all of it open ends by itself after close, on $name',
  async (engine) => {
    await using place = await engine.place()

    const { ended, output } = run(place.url, 'close')

    expect([await ended, output().trim()]).toStrictEqual([0, 'done'])
  },
)

test('a process that keeps tokens alive is kept alive for that', async () => {
  await using place = await sqlite.place()
  const { child, ended, output } = run(place.url, 'stay')

  while (!output().includes('done')) await once(child.stdout, 'data')

  expect(output()).toContain('Timeout')
  child.kill('SIGKILL')
  await ended
})

test('what is called after close is refused', async () => {
  await using site = await startSite()
  const { url, browser } = site.instagram.beginLogin()
  const callback = await site.sandbox.authorize(url)
  await site.instagram.close()

  const errors = await Promise.all(
    [
      site.instagram.finishLogin({ callback, browser }),
      site.instagram.accounts.list(),
      site.instagram.accounts.token('1'),
      site.instagram.withdrawals.findDeletion('1'),
      site.instagram.upkeep(),
    ].map(rejection),
  )

  expect(new Set(errors.map(String))).toStrictEqual(new Set(['Error: This access to Instagram was closed.']))
})

test('a login that is under way is finished before all is closed', async () => {
  await using place = await sqlite.place()
  await using site = await startSite({ databaseUrl: place.url, tokenKeys: KEY })
  const { url, browser } = site.instagram.beginLogin()
  const login = site.instagram.finishLogin({ callback: await site.sandbox.authorize(url), browser })

  await site.instagram.close()

  const { account } = await login
  const options = { ...site.sandbox.options, databaseUrl: place.url, tokenKeys: KEY, log: SILENT }
  await using later = await openInstagram(options)
  expect(await later.accounts.find(account.key)).toStrictEqual(account)
})

test('closing again does nothing', async () => {
  await using sandbox = await createSandbox()
  const instagram = await openInstagram({ ...sandbox.options, log: SILENT })

  await Promise.all([instagram.close(), instagram.close()])

  await expect(instagram.close()).resolves.toBeUndefined()
})
