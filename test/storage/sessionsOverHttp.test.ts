import express from 'express'
import type { Express, Request } from 'express'
import session from 'express-session'
import request from 'supertest'
import { describe, expect, test } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { DatabaseSessionStore } from '../../src/storage/sessions.ts'
import { engines } from './engines.ts'

const HOUR = 60 * 60 * 1000

describe.each(engines)('a browser with a session on $name', ({ place }) => {
  async function world() {
    const open = await place()
    const database = await open()
    const clock = { ahead: 0 }
    return { app: counter(database, clock), database, clock, open }
  }

  test('is known again, on each visit', async () => {
    const { app } = await world()
    const browser = request.agent(app)

    await browser.post('/count').expect('1')
    await browser.post('/count').expect('2')

    await browser.get('/').expect('2')
    await request(app).get('/').expect('none')
  })

  test('is known again by another process on the same database', async () => {
    const { app, open } = await world()
    const { headers } = await request(app).post('/count').expect('1')
    const other = counter(await open(), { ahead: 0 })

    await request(other).post('/count').set('Cookie', cookieOf(headers)).expect('2')

    await request(app).get('/').set('Cookie', cookieOf(headers)).expect('2')
  })

  test('is not known with a session id that we did not sign', async () => {
    const { app, database } = await world()
    await request(app).post('/count').expect('1')
    const [row] = await database.all('SELECT sid FROM sessions')

    await request(app)
      .get('/')
      .set('Cookie', `connect.sid=${String(row?.['sid'])}`)
      .expect('none')
  })

  test('is unknown once its session is destroyed', async () => {
    const { app, database } = await world()
    const browser = request.agent(app)
    await browser.post('/count').expect('1')

    await browser.post('/leave').expect(200)

    await browser.get('/').expect('none')
    expect(await database.all('SELECT sid FROM sessions')).toStrictEqual([])
  })

  test('gets a new id and loses the old one when its session is regenerated', async () => {
    const { app, database } = await world()
    const { headers } = await request(app).post('/count').expect('1')

    await request(app).post('/login').set('Cookie', cookieOf(headers)).expect('100')

    await request(app).get('/').set('Cookie', cookieOf(headers)).expect('none')
    expect(await database.all('SELECT sid FROM sessions')).toHaveLength(1)
  })

  test('is unknown once its session has expired', async () => {
    const { app, clock } = await world()
    const browser = request.agent(app)
    await browser.post('/count').expect('1')

    clock.ahead = 25 * HOUR

    await browser.get('/').expect('none')
    await browser.post('/count').expect('1')
  })

  test('costs no write on a visit that changes nothing', async () => {
    const { app, database } = await world()
    const browser = request.agent(app)
    await browser.post('/count').expect('1')
    const before = await database.all('SELECT * FROM sessions')

    for (let visit = 0; visit < 5; visit++) await browser.get('/').expect('1')

    expect(await database.all('SELECT * FROM sessions')).toStrictEqual(before)
  })

  test('leaves no session where it was only looking', async () => {
    const { app, database } = await world()

    await request(app).get('/').expect('none')

    expect(await database.all('SELECT sid FROM sessions')).toStrictEqual([])
  })

  test('is not mixed up with a hundred others at once', async () => {
    const { app, database } = await world()
    const server = app.listen(0)
    const browsers = Array.from({ length: 100 }, () => request.agent(server))

    await Promise.all(browsers.map((browser) => browser.post('/count').expect('1')))
    await Promise.all(browsers.map((browser) => browser.post('/count').expect('2')))

    expect(await database.all('SELECT COUNT(*) AS count FROM sessions')).toStrictEqual([{ count: 100 }])
    await new Promise((resolve) => server.close(resolve))
  })

  test('is told that something failed when the database is away, once', async () => {
    const { app, database } = await world()
    const browser = request.agent(app)
    await browser.post('/count').expect('1')

    await database.close()

    await browser.get('/').expect(500)
    await request(app).get('/').expect('none')
  })
})

/** An app that counts, for each browser, how often it was told to. */
function counter(database: Database, clock: { ahead: number }): Express {
  const store = new DatabaseSessionStore(database, {
    now: () => new Date(Date.now() + clock.ahead),
    lifetimeMs: HOUR,
  })
  const app = express()
  app.use(
    session({
      store,
      secret: 'a secret of the tests',
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 24 * HOUR },
    }),
  )

  app.get('/', (req, res) => void res.send(String(counted(req).count ?? 'none')))
  app.post('/count', (req, res) => {
    const kept = counted(req)
    kept.count = (kept.count ?? 0) + 1
    res.send(String(kept.count))
  })
  app.post('/login', (req, res, next) => {
    req.session.regenerate((error: unknown) => {
      counted(req).count = 100
      if (error == null) res.send('100')
      else next(error)
    })
  })
  app.post('/leave', (req, res, next) => {
    req.session.destroy((error: unknown) => {
      if (error == null) res.send('bye')
      else next(error)
    })
  })
  return app
}

function counted(req: Request): { count?: number } {
  return req.session as unknown as { count?: number }
}

function cookieOf(headers: Record<string, string>): string {
  return String(headers['set-cookie']).split(';')[0] ?? ''
}
