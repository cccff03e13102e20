import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import session from 'express-session'
import request from 'supertest'
import { describe, expect, test, vi } from 'vitest'
import { deleteBatch, deleteSessionsOf } from '../../src/accounts/batches.ts'
import type { Database } from '../../src/database/database.ts'
import { DatabaseSessionStore } from '../../src/database/sessionStore.ts'
import { DAY_MS } from '../../src/facts.ts'
import { engines } from '../support/places.ts'
import { withOutages } from '../support/outage.ts'
import { emptyDatabase, opened } from './opening.ts'

describe.each(engines)('sessions on $name', (engine) => {
  test('a browser keeps its session over requests and restarts, and other browsers have others', async () => {
    const url = await emptyDatabase(engine)
    const app = appOn(await opened(url))
    const ann = await signIn(app, 'Zoë 👩‍🚀')
    const bob = await signIn(app, 'Bob')

    const restarted = appOn(await opened(url))

    expect(await nameOf(app, ann)).toBe('Zoë 👩‍🚀')
    expect(await nameOf(restarted, ann)).toBe('Zoë 👩‍🚀')
    expect(await nameOf(restarted, bob)).toBe('Bob')
    expect(await nameOf(app, 'sid=s%3Aforged.signature')).toBe('nobody')
  })

  test('a session that is replaced or destroyed is gone, and its cookie is worth nothing', async () => {
    const app = appOn(await opened(await emptyDatabase(engine)))
    const first = await signIn(app, 'Ann')
    const second = await signIn(app, 'Ann again', first)

    expect([await nameOf(app, first), await nameOf(app, second)]).toStrictEqual(['nobody', 'Ann again'])

    await request(app).post('/sign-out').set('Cookie', second)
    expect(await nameOf(app, second)).toBe('nobody')
  })

  test('a session ends with its lifetime, and its row can be deleted then', async () => {
    const database = await opened(await emptyDatabase(engine))
    const app = appOn(database)
    const cookie = await signIn(app, 'Ann')
    await deleteBatch(database, 'sessions', 'expires_at <= $1', Date.now() + 29 * DAY_MS)
    expect(await nameOf(app, cookie)).toBe('Ann')

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30 * DAY_MS + 1 })
    try {
      expect(await nameOf(app, cookie)).toBe('nobody')
      await deleteBatch(database, 'sessions', 'expires_at <= $1', Date.now())
    } finally {
      vi.useRealTimers()
    }

    expect((await database.query('SELECT sid FROM sessions')).rows).toStrictEqual([])
  })

  test('a person who is deleted is signed out in all browsers, and nobody else is', async () => {
    const database = await opened(await emptyDatabase(engine))
    const app = appOn(database)
    const [laptop, phone, bob] = [await signIn(app, 'Ann'), await signIn(app, 'Ann'), await signIn(app, 'Bob')]

    await deleteSessionsOf(database, 'key of Ann')

    expect(await Promise.all([laptop, phone, bob].map((cookie) => nameOf(app, cookie)))).toStrictEqual([
      'nobody',
      'nobody',
      'Bob',
    ])
  })

  test('a person has at most a hundred sessions: those that expire first are gone', async () => {
    const database = await opened(await emptyDatabase(engine))
    const app = appOn(database)
    const now = Date.now()
    const signInLater = (milliseconds: number, name: string) => {
      vi.setSystemTime(now + milliseconds)
      return signIn(app, name)
    }
    vi.useFakeTimers({ toFake: ['Date'], now })
    const cookies = []
    try {
      for (const [index, name] of ['Ann', 'Ann', 'Bob'].entries()) cookies.push(await signInLater(index, name))
      for (let count = 0; count < 99; count++) await signInLater(3, 'Ann')
    } finally {
      vi.useRealTimers()
    }

    expect(await Promise.all(cookies.map((cookie) => nameOf(app, cookie)))).toStrictEqual(['nobody', 'Ann', 'Bob'])
    const { rows } = await database.query('SELECT sid FROM sessions')
    expect(rows).toHaveLength(101)
  })

  test('a page view of a known browser reads its session and writes nothing', async () => {
    const { database, outage } = withOutages(await opened(await emptyDatabase(engine)))
    const app = appOn(database)
    const cookie = await signIn(app, 'Ann')
    const before = outage.asked()

    await nameOf(app, cookie)

    expect(outage.asked() - before).toBe(1)
  })

  test('an error of the database reaches the error handler', async () => {
    const { database, outage } = withOutages(await opened(await emptyDatabase(engine)))
    const app = appOn(database)
    const cookie = await signIn(app, 'Ann')

    outage.begin()
    const read = await request(app).get('/name').set('Cookie', cookie)
    const written = await request(app).post('/sign-in').send({ name: 'Bob' })

    for (const response of [read, written])
      expect(response).toMatchObject({ status: 500, text: 'database_unavailable' })
  })
})

function appOn(database: Database): Express {
  const store = new DatabaseSessionStore(database, (stored) => {
    const { name } = stored as { name?: string }
    return name === undefined ? undefined : `key of ${name}`
  })
  const app = express()
  app.use(express.json())
  app.use(
    session({
      store,
      secret: 'a-session-secret-of-more-than-32-characters',
      name: 'sid',
      cookie: { maxAge: 30 * DAY_MS },
      resave: false,
      saveUninitialized: false,
    }),
  )
  app.get('/name', (request, response) => {
    response.send(stored(request).name ?? 'nobody')
  })
  app.post('/sign-in', (request, response, next) => {
    request.session.regenerate((error: unknown) => {
      if (error != null) {
        next(error)
        return
      }
      stored(request).name = (request.body as { name: string }).name
      request.session.save((failure: unknown) => {
        if (failure == null) response.send('signed in')
        else next(failure)
      })
    })
  })
  app.post('/sign-out', (request, response, next) => {
    request.session.destroy((error: unknown) => {
      if (error == null) response.send('signed out')
      else next(error)
    })
  })
  // Express knows an error handler by its four parameters.
  app.use((error: { code?: string }, _request: Request, response: Response, next: NextFunction) => {
    if (error.code) response.status(500).send(error.code)
    else next(error)
  })
  return app
}

function stored(request: Request): { name?: string } {
  return request.session as unknown as { name?: string }
}

async function signIn(app: Express, name: string, cookie = ''): Promise<string> {
  const { headers } = await request(app).post('/sign-in').set('Cookie', cookie).send({ name })
  return String(headers['set-cookie']).split(';')[0] ?? ''
}

async function nameOf(app: Express, cookie: string): Promise<string> {
  const { text } = await request(app).get('/name').set('Cookie', cookie)
  return text
}
