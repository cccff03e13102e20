import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { explain, openInstagram } from '../../src/index.ts'
import { connect, KEY, rejection, SILENT, startSite } from './support.ts'

test('two that are open at once do not meet', async () => {
  await using one = await startSite()
  await using other = await startSite()
  await connect(one, 'business')
  await connect(other, 'creator')

  const names = [one, other].map(async ({ instagram }) => {
    const { accounts } = await instagram.accounts.list()
    return accounts.map(({ username }) => username)
  })

  expect(await Promise.all(names)).toStrictEqual([['harbour.bakery'], ['mira.draws']])
  expect([one.log, other.log]).toStrictEqual([['info account.connected'], ['info account.connected']])
})

test('a login of one is no login of the other, even in the same browser', async () => {
  await using one = await startSite()
  await using other = await startSite()
  const { browser } = other.instagram.beginLogin()
  const { url } = one.instagram.beginLogin({ browser })
  const callback = await one.sandbox.authorize(url)

  const error = await rejection(other.instagram.finishLogin({ callback, browser }))

  expect(explain(error).name).toBe('state_foreign')
})

test('one that is closed leaves the other open', async () => {
  await using one = await startSite()
  await using other = await startSite()

  await one.instagram.close()

  expect((await connect(other)).account.username).toBe('harbour.bakery')
})

test('two processes of one site finish each other’s logins', async () => {
  const folder = await temporaryFolder()
  const sessionSecrets = 'session-secret-marked-canary-0123456789'
  const shared = { databaseUrl: `file:${folder}/accounts.db`, sessionSecrets, tokenKeys: KEY }
  await using site = await startSite(shared)
  await using process = await openInstagram({
    ...site.sandbox.options,
    ...shared,
    log: SILENT,
    upkeep: false,
  })
  const { url, browser } = site.instagram.beginLogin()
  const callback = await site.sandbox.authorize(url)

  const ends = await Promise.all([
    site.instagram.finishLogin({ callback, browser }),
    process.finishLogin({ callback, browser }),
  ])

  expect(ends.map(({ isRepeated }) => isRepeated).sort()).toStrictEqual([false, true])
  expect(ends[0].account).toStrictEqual(ends[1].account)
})

test('secrets that are left out are made beside the database, and good after a restart', async () => {
  const folder = await temporaryFolder()
  const databaseUrl = `file:${folder}/accounts.db`
  await using site = await startSite({ databaseUrl })
  const { account } = await connect(site)
  const { url, browser } = site.instagram.beginLogin()
  await site.instagram.close()

  await using later = await openInstagram({
    ...site.sandbox.options,
    databaseUrl,
    log: SILENT,
    upkeep: false,
  })

  expect(await readdir(folder)).toEqual(expect.arrayContaining(['session-secret', 'token-key']))
  expect((await later.accounts.token(account.key)).accessToken).toMatch(/^IGAA/)
  const finished = await later.finishLogin({ callback: await site.sandbox.authorize(url), browser })
  expect(finished.account.key).toBe(account.key)
})

test('a sandbox’s own database leaves nothing behind', async () => {
  const folder = await temporaryFolder()
  const before = process.cwd()
  onTestFinished(() => {
    process.chdir(before)
  })
  process.chdir(folder)

  await using site = await startSite()
  await connect(site)

  expect(await readdir(folder)).toStrictEqual([])
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'functions-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
