import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express, { type Express } from 'express'
import request from 'supertest'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ConfigError, createInstagram, explain, type InstagramOptions } from '../../src/index.ts'
import { linkCalled, person } from '../support/person.ts'
import { postgres, sqlite } from '../support/places.ts'
import { allow, connect, KEY, rejection, SECRET, type Site, startSite } from './support.ts'

/** Another process with the database of a site, and its other settings. */
function startAnother({ options }: Site, change: Partial<InstagramOptions> = {}) {
  return createInstagram({ ...options, ...change })
}

test('with three lines an app has the login, and its functions find the account', async () => {
  await using site = await startSite()
  const somebody = person(site)

  const start = await somebody.get('/instagram/')
  const page = await somebody.get(await somebody.authorize(linkCalled('Get Started', start.text)))

  expect(page.text).toContain('@harbour.bakery')
  const { accounts } = await site.instagram.accounts.list()
  expect(accounts.map(({ username }) => username)).toStrictEqual(['harbour.bakery'])
  expect((await site.instagram.accounts.token(accounts[0]?.id ?? '')).accessToken).toMatch(/^IGAA/)
})

test('visitors can paste a token if an option says so', async () => {
  await using without = await startSite()
  await using withIt = await startSite({ options: { takesTokens: true } })
  const submit = (site: Site) =>
    person(site).submit('/instagram/import', { access_token: site.sandbox.dashboardToken('business') })

  const [page, offering] = [await person(without).get('/instagram/'), await person(withIt).get('/instagram/')]
  const [passed, taken] = [await submit(without), await submit(withIt)]

  expect([page.text, offering.text].map((text) => text.includes('name="access_token"'))).toStrictEqual([false, true])
  expect([passed.status, passed.text]).toStrictEqual([404, 'The host has no such page'])
  expect(taken.status).toBe(303)
})

test('mistakes in options are thrown at once, all of them', () => {
  const options = { clientId: 'id', render: 'pug', onConnected: true, takesTokens: 7, callbackURL: '' }

  const create = () => createInstagram({ ...options, callbackURL: 'x' } as unknown as InstagramOptions)

  expect(create).toThrow(ConfigError)
  expect(create).toThrow(
    [
      'takesTokens must be true or false.',
      'onConnected must be a function.',
      'render must be a function.',
      'callbackURL is not an option.',
      'clientSecret and redirectUri must be set: from your Instagram app, or from createSandbox() to start with.',
    ].join('\n'),
  )
})

describe('while the database cannot be opened', () => {
  /** A path that cannot be a folder, until the obstacle is removed. */
  async function obstacle() {
    const folder = await temporaryFolder()
    const path = join(folder, 'data')
    await writeFile(path, 'not a folder')
    return {
      options: { databaseUrl: `file:${join(path, 'accounts.db')}`, tokenKeys: KEY, sessionSecrets: SECRET },
      remove: () => rm(path),
    }
  }

  test('people get a page that says so, the log has the reason, and the host works', async () => {
    const { options } = await obstacle()
    await using site = await startSite({ options })
    const somebody = person(site)

    const page = await somebody.get(await allow(somebody))
    const elsewhere = await somebody.get('/')
    const health = await somebody.get('/instagram/healthz')
    const readiness = await somebody.get('/instagram/readyz')

    expect(page.status).toBe(503)
    expect(page.headers['retry-after']).toMatch(/^\d+$/)
    expect(page.text).toContain('href="/instagram/assets/style.css"')
    expect([elsewhere.status, elsewhere.text]).toStrictEqual([404, 'The host has no such page'])
    expect([health.status, readiness.status]).toStrictEqual([200, 503])
    expect(site.log.find(({ level }) => level === 'error')).toMatchObject({
      details: { err: { message: expect.stringMatching(/cannot be opened/) as string } },
    })
  })

  test('functions reject with the reason', async () => {
    const { options } = await obstacle()
    await using site = await startSite({ options })
    const { accounts, dataDeletion } = site.instagram

    const errors = await Promise.all(
      [accounts.list(), accounts.token('1'), dataDeletion.findDeletion('1')].map(rejection),
    )

    for (const error of errors) expect(explain(error).name).toBe('database_unavailable')
    expect(String(await rejection(site.instagram.ready()))).toContain('cannot be opened')
    await expect(site.instagram.runJobs()).resolves.toBeUndefined()
  })

  test('it is tried again after ten seconds, also without visitors', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const { options, remove } = await obstacle()
    await using site = await startSite({ options })
    await rejection(site.instagram.ready())
    await remove()

    const before = await rejection(site.instagram.accounts.list())
    await vi.advanceTimersByTimeAsync(10_000)

    expect(explain(before).name).toBe('database_unavailable')
    await expect(site.instagram.ready()).resolves.toBeUndefined()
    expect((await site.instagram.accounts.list()).accounts).toStrictEqual([])
  })

  test('it can be closed', async () => {
    const { options } = await obstacle()
    await using site = await startSite({ options })

    await expect(site.instagram.close()).resolves.toBeUndefined()
  })
})

test('requests and functions wait while the database opens', async () => {
  await using site = await startSite()

  const [page, accounts] = await Promise.all([
    request(express().use('/instagram', site.instagram.router)).get('/instagram/readyz'),
    site.instagram.accounts.list(),
    site.instagram.ready(),
  ])

  expect(page.status).toBe(200)
  expect(accounts).toStrictEqual({ accounts: [], next: null })
})

describe('after close', () => {
  test('every function is refused, and pages say that the site is unavailable', async () => {
    await using site = await startSite()
    const { instagram, sandbox } = site
    const somebody = person(site)
    const { url, browserSecret } = instagram.beginLogin()
    const callback = await sandbox.authorize(url)
    const pasted = await allow(somebody)
    await Promise.all([instagram.close(), instagram.close()])

    const errors = await Promise.all(
      [
        instagram.finishLogin({ callback, browserSecret }),
        instagram.accounts.list(),
        instagram.accounts.token('1'),
        instagram.dataDeletion.findDeletion('1'),
        instagram.runJobs(),
        instagram.ready(),
      ].map(rejection),
    )

    expect(new Set(errors.map(String))).toStrictEqual(new Set(['Error: This createInstagram() was closed.']))
    expect(() => instagram.beginLogin()).toThrow('was closed')
    expect((await somebody.get(pasted)).status).toBe(503)
    await expect(instagram.close()).resolves.toBeUndefined()
  })

  test('a login by functions that was under way is stored', async () => {
    await using place = await sqlite.place()
    await using site = await startSite({ options: { databaseUrl: place.url, tokenKeys: KEY } })
    const { url, browserSecret } = site.instagram.beginLogin()
    const callback = await site.sandbox.authorize(url)
    const login = site.instagram.finishLogin({ callback, browserSecret })

    await site.instagram.close()

    const { account } = await login
    await using later = startAnother(site)
    expect(await later.accounts.find(account.key)).toStrictEqual(account)
  })

  test('a login on a page that was under way is finished', async () => {
    const arrived = Promise.withResolvers<undefined>()
    const before = (host: Express) =>
      host.use(({ url }, _response, next) => {
        if (url.includes('code=')) arrived.resolve(undefined)
        next()
      })
    await using site = await startSite({ before })
    const somebody = person(site)
    const login = somebody.get(await allow(somebody))
    await arrived.promise

    await site.instagram.close()

    expect((await login).text).toContain('@harbour.bakery')
  })

  test('nobody is waited for who went away before their request arrived', async () => {
    const arrived = Promise.withResolvers<undefined>()
    const passedOn = Promise.withResolvers<undefined>()
    const before = (host: Express) =>
      host.use((_request, response, next) => {
        arrived.resolve(undefined)
        response.once('close', () => {
          next()
          passedOn.resolve(undefined)
        })
      })
    await using site = await startSite({ before })
    const gone = get(`${site.origin}/instagram/`).on('error', () => undefined)
    await arrived.promise
    gone.destroy()
    await passedOn.promise

    await expect(site.instagram.close()).resolves.toBeUndefined()
  })

  const PROGRAM = join(import.meta.dirname, '../functions/program.ts')
  const start = (databaseUrl: string, end: 'close' | 'stay') => {
    const child = spawn(process.execPath, [PROGRAM, databaseUrl, end])
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)))
    const ended = once(child, 'exit').then(([code]) => code as number | null)
    return { child, ended, output: () => output }
  }

  test.each([sqlite, postgres])('the process ends by itself, on $name', async (engine) => {
    await using place = await engine.place()

    const { ended, output } = start(place.url, 'close')

    expect([await ended, output().trim()]).toStrictEqual([0, 'done'])
  })

  test('and not before: its jobs keep the process alive', async () => {
    await using place = await sqlite.place()
    const { child, ended, output } = start(place.url, 'stay')

    while (!output().includes('done')) await once(child.stdout, 'data')

    expect(output()).toContain('Timeout')
    child.kill('SIGKILL')
    await ended
  })
})

describe('two at once', () => {
  test('have separate accounts and logs, and one can be closed', async () => {
    await using one = await startSite()
    await using other = await startSite()
    await connect(one, 'business')
    await connect(other, 'creator')
    const names = await Promise.all(
      [one, other].map(async ({ instagram }) => (await instagram.accounts.list()).accounts[0]?.username),
    )

    await one.instagram.close()

    expect(names).toStrictEqual(['harbour.bakery', 'mira.draws'])
    expect([one, other].map(({ log }) => log.map(({ message }) => message))).toStrictEqual([
      ['account.connected'],
      ['account.connected'],
    ])
    expect((await connect(other)).account.username).toBe('harbour.bakery')
  })

  test('do not finish each other’s logins, even in the same browser', async () => {
    await using one = await startSite()
    await using other = await startSite()
    const { browserSecret } = other.instagram.beginLogin()
    const { url } = one.instagram.beginLogin({ browserSecret })
    const callback = await one.sandbox.authorize(url)

    const error = await rejection(other.instagram.finishLogin({ callback, browserSecret }))

    expect(explain(error).name).toBe('state_foreign')
  })

  test('with the same settings finish each other’s logins, once', async () => {
    await using place = await sqlite.place()
    const options = { databaseUrl: place.url, sessionSecrets: SECRET, tokenKeys: KEY }
    await using site = await startSite({ options })
    await using another = startAnother(site)
    const { url, browserSecret } = site.instagram.beginLogin()
    const callback = await site.sandbox.authorize(url)

    const ends = await Promise.all([
      site.instagram.finishLogin({ callback, browserSecret }),
      another.finishLogin({ callback, browserSecret }),
    ])

    expect(ends.map(({ isRepeated }) => isRepeated).sort()).toStrictEqual([false, true])
    expect(ends[0].account).toStrictEqual(ends[1].account)
  })
})

test('generated secrets are stored beside the database, and work after a restart', async () => {
  const folder = await temporaryFolder()
  await using site = await startSite({ options: { databaseUrl: `file:${folder}/accounts.db` } })
  const { account } = await connect(site)
  const { url, browserSecret } = site.instagram.beginLogin()
  await site.instagram.close()

  await using later = startAnother(site)

  expect(await readdir(folder)).toEqual(expect.arrayContaining(['session-secret', 'token-key']))
  expect((await later.accounts.token(account.key)).accessToken).toMatch(/^IGAA/)
  const finished = await later.finishLogin({ callback: await site.sandbox.authorize(url), browserSecret })
  expect(finished.account.key).toBe(account.key)
})

test('the sandbox’s own database leaves no files', async () => {
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
  const folder = await mkdtemp(join(tmpdir(), 'mount-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
