import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { generate } from 'selfsigned'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { openDatabase, openExistingDatabase, openInBackground } from '../../src/database/database.ts'
import { administer, postgres } from '../support/places.ts'
import { startPostgres } from '../support/postgresServer.ts'
import { emptyDatabase, opened, rejection, temporaryFolder } from './opening.ts'

const ADD = 'INSERT INTO deletions (confirmation_code, asked_at, done_at) VALUES ($1, 1, 1)'

test('logins of different accounts do not wait for each other, and logins of the same account do', async () => {
  const database = await opened(await emptyDatabase(postgres))
  const [locked, goOn] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  const order: string[] = []

  const first = database.transaction(async (transaction) => {
    await transaction.lock(['apple', 'fig'])
    locked.resolve(undefined)
    await goOn.promise
    order.push('first')
  })
  await locked.promise
  const same = database.transaction(async (transaction) => {
    await transaction.lock(['pear', 'fig'])
    order.push('same')
  })
  await database.transaction(async (transaction) => {
    await transaction.lock(['plum'])
    await transaction.query(ADD, ['plum'])
    order.push('other')
  })
  goOn.resolve(undefined)
  await Promise.all([first, same])

  expect(order).toStrictEqual(['other', 'first', 'same'])
})

test('transactions that lock the same names in another order do not block each other', async () => {
  const database = await opened(await emptyDatabase(postgres))
  const names = Array.from({ length: 20 }, (_, index) => `name ${index}`)

  const all = Array.from({ length: 30 }, (_, index) =>
    database.transaction((transaction) => transaction.lock(index % 2 ? names : names.toReversed())),
  )

  await expect(Promise.all(all)).resolves.toHaveLength(30)
})

test('a transaction that PostgreSQL undoes because of a deadlock is run again', async () => {
  const database = await opened(await emptyDatabase(postgres))
  for (const code of ['a', 'b']) await database.query(ADD, [code])
  const [readyA, readyB] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  let runs = 0
  const update = (first: string, second: string, ready: PromiseWithResolvers<undefined>, other: Promise<unknown>) =>
    database.transaction(async (transaction) => {
      runs += 1
      const increment = 'UPDATE deletions SET asked_at = asked_at + 1 WHERE confirmation_code = $1'
      await transaction.query("SET LOCAL deadlock_timeout = '10ms'")
      await transaction.query(increment, [first])
      ready.resolve(undefined)
      await other
      await transaction.query(increment, [second])
    })

  await Promise.all([update('a', 'b', readyA, readyB.promise), update('b', 'a', readyB, readyA.promise)])

  const { rows } = await database.query('SELECT asked_at FROM deletions')
  expect(rows).toStrictEqual([{ asked_at: 3 }, { asked_at: 3 }])
  expect(runs).toBe(3)
})

test('a lock that is held too long, and a killed connection, are reported as unavailable', async () => {
  const url = await emptyDatabase(postgres)
  const database = await opened(url)
  await database.query(ADD, ['apple'])

  const [waiting, killed] = await database.transaction(async (transaction) => {
    await transaction.query('SELECT * FROM deletions FOR UPDATE')
    return Promise.all([
      rejection(
        database.transaction(async (other) => {
          await other.query("SET LOCAL lock_timeout = '10ms'")
          await other.query('DELETE FROM deletions')
        }),
      ),
      rejection(
        database.transaction(async (other) => {
          await other.query(ADD, ['pear'])
          const { rows } = await other.query('SELECT pg_backend_pid() AS pid')
          await administer(url, `SELECT pg_terminate_backend(${String(rows[0]?.['pid'])})`)
          await other.query(ADD, ['plum'])
        }),
      ),
    ])
  })

  for (const error of [waiting, killed]) expect(error).toMatchObject({ name: 'AppError', code: 'database_unavailable' })
  expect((await database.query('SELECT confirmation_code AS code FROM deletions')).rows).toStrictEqual([
    { code: 'apple' },
  ])
})

test('a NUL in a name is stored as the replacement character, which browsers show for it', async () => {
  const database = await opened(await emptyDatabase(postgres))

  await database.query(ADD, ['a\0b'])

  expect((await database.query('SELECT confirmation_code AS code FROM deletions')).rows).toStrictEqual([
    { code: 'a\uFFFDb' },
  ])
})

test('requests fail as unavailable while the server is stopped, and succeed again after that', async () => {
  await using server = await startPostgres()
  const database = await openDatabase(server.url)
  await Promise.all(Array.from({ length: 10 }, () => database.query('DELETE FROM sessions')))
  const sleeping = rejection(database.query('SELECT pg_sleep(60)'))
  const sleepers = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"
  await expect.poll(async () => (await database.query(sleepers)).rowCount).toBe(1)

  await server.stop()
  const background = openInBackground(server.url, () => undefined)
  const errors = await Promise.all([
    sleeping,
    rejection(database.query('SELECT 1')),
    rejection(database.transaction((transaction) => transaction.query('DELETE FROM sessions'))),
    rejection(openDatabase(server.url)),
    rejection(openExistingDatabase(server.url)),
    rejection(background.query('SELECT 1')),
  ])
  await server.start()

  for (const error of errors) expect(error).toMatchObject({ name: 'AppError', code: 'database_unavailable' })
  expect(inspect(errors, { depth: 9 })).not.toContain('canary')
  await expect(
    Promise.all(Array.from({ length: 10 }, () => database.query('DELETE FROM sessions'))),
  ).resolves.toHaveLength(10)
  await Promise.all([background.close(), database.close()])
}, 60_000)

test.each([
  ['a wrong password', { password: 'hunter2hunter2' }, 'password authentication failed'],
  ['a database that does not exist', { pathname: '/nowhere' }, 'database "nowhere" does not exist'],
  ['a port where no server listens', { port: '9' }, 'ECONNREFUSED'],
  ['a server without TLS', { search: '?sslmode=verify-full' }, 'does not support SSL'],
  ['no database', { pathname: '/' }, 'names no database'],
])('an operator who configures %s reads so, and no password', async (_, change, sentence) => {
  const url = Object.assign(new URL(inject('postgresUrl')), change).href

  const error = await rejection(openDatabase(url))

  expect(error.message).toContain(sentence)
  expect(inspect(error, { depth: 9 })).not.toMatch(/canary|hunter2/)
})

/** The URL of a server that does this with the first bytes of each connection. */
async function listening(onFirstBytes: (client: Socket) => void): Promise<URL> {
  const server = createServer((client) => {
    client.once('data', () => {
      onFirstBytes(client)
    })
    client.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const port = String((server.address() as AddressInfo).port)
  return Object.assign(new URL(inject('postgresUrl')), { hostname: 'localhost', port })
}

/** The URL of PostgreSQL by TLS, and the file of its self-signed certificate. */
async function listeningByTls(): Promise<{ url: URL; certificateFile: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }])
  const { hostname, port } = new URL(inject('postgresUrl'))
  const url = await listening((client) => {
    client.write('S')
    const secure = new TLSSocket(client, { isServer: true, cert, key }).on('error', () => undefined)
    const upstream = connect(Number(port), hostname).on('error', () => undefined)
    secure.pipe(upstream).pipe(secure)
    client.on('close', () => upstream.destroy())
  })
  const certificateFile = join(await temporaryFolder(), 'ca.pem')
  await writeFile(certificateFile, cert)
  return { url, certificateFile }
}

/** PostgreSQL's error where pg_hba.conf has `hostssl` only. @see https://www.postgresql.org/docs/current/protocol-error-fields.html */
const NO_ENTRY = 'SFATAL\0C28000\0Mno pg_hba.conf entry for host "10.0.0.7", no encryption\0\0'

test.each([
  ['a certificate of an unknown authority', async () => (await listeningByTls()).url, 'sslmode=verify-full'],
  ['no TLS', () => listening((client) => client.end('N')), 'sslmode=verify-full'],
  [
    'no connection without TLS',
    () => listening((client) => client.end(`E\0\0\0${String.fromCharCode(NO_ENTRY.length + 4)}${NO_ENTRY}`)),
    '',
  ],
])('an operator whose server has %s reads which sslmode to set', async (_, server, search) => {
  const url = Object.assign(await server(), { search }).href

  const { message } = await rejection(openDatabase(url))

  expect(message).toMatch(/self-signed certificate|does not support SSL|no encryption/)
  expect(message).toContain('sslmode=verify-full')
  expect(message).toContain('sslmode=no-verify')
})

test.each([
  ['no-verify, whoever signed its certificate', () => 'sslmode=no-verify'],
  ['verify-full and the file of its authority', (file: string) => `sslmode=verify-full&sslrootcert=${file}`],
])('a database opens by TLS with sslmode=%s', async (_, search) => {
  const { url, certificateFile } = await listeningByTls()

  const database = await openExistingDatabase(Object.assign(url, { search: search(certificateFile) }).href)
  onTestFinished(() => database?.close())

  expect((await database?.query('SELECT 1 AS one'))?.rows).toStrictEqual([{ one: 1 }])
})

test('PGSSLMODE counts where the URL says nothing about TLS', async () => {
  const { url } = await listeningByTls()
  vi.stubEnv('PGSSLMODE', 'no-verify')
  onTestFinished(() => void vi.unstubAllEnvs())

  const database = await openExistingDatabase(url.href)
  onTestFinished(() => database?.close())

  expect((await database?.query('SELECT 1 AS one'))?.rows).toStrictEqual([{ one: 1 }])
})

test.each([
  ['', { lock: '5s', statement: '30s', idle: '5s' }],
  ['lock_timeout=2000&statement_timeout=0', { lock: '2s', statement: '0', idle: '5s' }],
])('transactions have their time limits where a pooler drops those of the connection (%j)', async (given, limits) => {
  const url = new URL(await emptyDatabase(postgres))
  for (const [name, value] of new URLSearchParams(given)) url.searchParams.set(name, value)
  const database = await opened(url.href)
  // One after the other, all use the same connection.
  for (const name of ['lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'])
    await database.query(`SET ${name} = 0`)

  const { rows } = await database.transaction((transaction) =>
    transaction.query(
      `SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement,
         current_setting('idle_in_transaction_session_timeout') AS idle`,
    ),
  )

  expect(rows).toStrictEqual([limits])
})

test('an operator reads that the encoding of the database must be UTF8', async () => {
  const name = `latin_${randomBytes(8).toString('hex')}`
  const options = "TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
  await administer(inject('postgresUrl'), `CREATE DATABASE ${name} ${options}`)
  const url = Object.assign(new URL(inject('postgresUrl')), { pathname: name }).href

  const error = await rejection(openExistingDatabase(url))
  await administer(inject('postgresUrl'), `DROP DATABASE ${name}`)

  expect(error.message).toMatch(/^The database 127.0.0.1:\d+\/latin_\w+ cannot be opened: its encoding must be UTF8$/)
})

test('an operator whose PostgreSQL URL is malformed reads so, and not the URL', async () => {
  const error = await rejection(openDatabase('postgres://admin:hunter2hunter2@db.example:port/a'))

  expect(error.message).toContain('no valid one')
  expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
})
