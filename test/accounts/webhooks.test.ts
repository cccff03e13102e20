import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createWebhookDelivery, type WebhookDelivery } from '../../src/accounts/webhooks.ts'
import type { Database } from '../../src/database/database.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/facts.ts'
import { NOW, useStage } from './stage.ts'

const ID = 'evt_27640875392278831'
const OTHER_ID = 'evt_17841403815449847'
const NEW_SECRET = `whsec_${Buffer.from('the newest of the secrets, 32 by').toString('base64')}`
const OLD_SECRET = `whsec_${Buffer.from('one that is on its way out, 32 b').toString('base64')}`
/** In the URL of the receiver; must not be in a log. */
const URL_SECRET = 'receiver-key-27640875392278831'

/** A POST that arrived. */
interface Delivery {
  id: string
  timestamp: string
  signature: string
  body: string
  request: IncomingMessage
}

const stage = useStage()
const deliveries: Delivery[] = []
/** Responds to a delivery, or does not. `nth`: how many have arrived, this one included. */
let respond: (response: ServerResponse, delivery: Delivery, nth: number) => unknown
const receiver = createServer((request, response) => {
  void text(request).then((body) => {
    const header = (name: string) => String(request.headers[name])
    const delivery = {
      id: header('webhook-id'),
      timestamp: header('webhook-timestamp'),
      signature: header('webhook-signature'),
      body,
      request,
    }
    return respond(response, delivery, deliveries.push(delivery))
  })
})
let receiverUrl: string

beforeAll(async () => {
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks/instagram?key=${URL_SECRET}`
})
beforeEach(() => {
  deliveries.length = 0
  respond = status(204)
})
afterAll(() => {
  receiver.closeAllConnections()
  receiver.close()
})

function status(code: number, headers: Record<string, string> = {}): typeof respond {
  return (response) => response.writeHead(code, headers).end('thanks')
}

/** The delivery of one process, without jitter. */
function startDelivery(
  options: { url?: string; secrets?: string[]; random?: () => number; database?: Database } = {},
): WebhookDelivery {
  const delivery = createWebhookDelivery({
    database: stage.database,
    url: receiverUrl,
    secrets: [NEW_SECRET],
    proxy: {},
    log: stage.process().log,
    now: () => stage.now(),
    random: () => 0,
    ...options,
  })
  onTestFinished(() => delivery.close())
  return delivery
}

/** An event happens now. */
async function record(id: string, payload = `{"type":"token.refreshed","data":{"id":"${id}"}}`): Promise<void> {
  await stage.database.query(
    'INSERT INTO events (id, payload, created_at, deliver_at, failed_tries) VALUES ($1, $2, $3, $3, 0)',
    [id, payload, stage.now().getTime()],
  )
}

/** The events that wait; `dueIn`: seconds after {@link NOW}. */
async function waiting() {
  const { rows } = await stage.database.query('SELECT * FROM events ORDER BY created_at, id')
  return rows.map((row) => ({
    id: String(row['id']),
    failedTries: Number(row['failed_tries']),
    dueIn: (Number(row['deliver_at']) - NOW.getTime()) / 1000,
  }))
}

const ids = () => deliveries.map(({ id }) => id)
const failures = () => stage.logged('an event could not be delivered')

/** Somebody who sends these bytes to everyone. */
async function startTalker(said: string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(said))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The time limit of requests passes when the test says so. */
function controlTimeLimit() {
  const limits: number[] = []
  let running = new AbortController()
  const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    limits.push(milliseconds)
    running = new AbortController()
    return running.signal
  })
  onTestFinished(() => {
    spy.mockRestore()
  })
  const pass = () => {
    running.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
  }
  return { limits, pass }
}

describe('a delivery', () => {
  test('is a POST of exactly what was stored, which a receiver can verify with each of the secrets', async () => {
    const payload = '{ "type":"token.refreshed",\n "data":{"name":"Bäckerei 🥐 \\u2028"} }'
    stage.setTime(new Date()) // The verification compares with the system's clock.
    await record(ID, payload)

    await startDelivery({ secrets: [NEW_SECRET, OLD_SECRET] }).deliverDue()

    const [delivery] = deliveries as [Delivery]
    expect(deliveries).toHaveLength(1)
    expect(delivery).toMatchObject({ id: ID, body: payload })
    expect(delivery.request).toMatchObject({
      method: 'POST',
      url: `/hooks/instagram?key=${URL_SECRET}`,
      headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) },
    })
    const { id, timestamp, signature, body } = delivery
    expect(signature.split(' ')).toHaveLength(2)
    for (const secret of [NEW_SECRET, OLD_SECRET]) {
      const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
      expect(() => new Webhook(secret).verify(body, headers)).not.toThrow()
    }
    expect(await waiting()).toStrictEqual([])
  })

  test('has the signature of the example of the reference libraries', async () => {
    stage.setTime(new Date(1_614_265_330_000))
    await record('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}')

    await startDelivery({ secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] }).deliverDue()

    expect(deliveries).toMatchObject([
      { timestamp: '1614265330', signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' },
    ])
  })

  test('has the time of each attempt in whole seconds, and the same id every time', async () => {
    await record(ID)
    respond = (response, _, nth) => response.writeHead(nth === 1 ? 500 : 200).end()
    const delivery = startDelivery()
    stage.pass(999)

    await delivery.deliverDue()
    stage.pass(5_000)
    await delivery.deliverDue()

    const begin = NOW.getTime() / 1000
    expect(ids()).toStrictEqual([ID, ID])
    expect(deliveries.map(({ timestamp }) => Number(timestamp))).toStrictEqual([begin, begin + 5])
    expect(deliveries[0]?.signature).not.toBe(deliveries[1]?.signature)
  })

  test.each([200, 201, 202, 204, 299])('that is answered with status %i is done', async (code) => {
    respond = status(code)
    await record(ID)
    const delivery = startDelivery()

    await delivery.deliverDue()
    stage.pass(DAY_MS)
    await delivery.deliverDue()

    expect(ids()).toStrictEqual([ID])
    expect(await waiting()).toStrictEqual([])
    expect(failures()).toStrictEqual([])
  })

  test.each(['is endless', 'is cut off'])('is done with a status 200 whose body %s', async (kind) => {
    respond = (response) => {
      response.writeHead(200, { 'content-length': 10_000_000 })
      response.write(Buffer.alloc(kind === 'is endless' ? 1_000_000 : 10), () => {
        if (kind === 'is cut off') response.destroy()
      })
    }
    await record(ID)

    await startDelivery().deliverDue()

    expect(await waiting()).toStrictEqual([])
    expect(failures()).toStrictEqual([])
  })
})

describe('a delivery that fails', () => {
  test.each([301, 307, 400, 404, 500, 503])('with status %i is put off, and no redirect is followed', async (code) => {
    respond = status(code, { location: '/elsewhere' })
    await record(ID)

    await startDelivery().deliverDue()

    expect(ids()).toStrictEqual([ID])
    const err = { message: `The receiver of the webhook answered with status ${code}` }
    expect(failures()).toMatchObject([{ level: 40, eventId: ID, tries: 1, gaveUp: false, err }])
    expect(await waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn: 5 }])
  })

  test('because the connection breaks is put off', async () => {
    respond = (response) => response.destroy()
    const talker = await startTalker('220 smtp.example.com ready\r\n')
    const urls = [receiverUrl, talker, 'http://127.0.0.1:9']
    const types = []
    for (const url of urls) {
      await record(ID)
      await startDelivery({ url }).deliverDue()
      types.push((failures().at(-1)?.['err'] as { type: string }).type)
      expect(await waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn: 5 }])
      await stage.database.query('DELETE FROM events')
    }

    expect(types).toStrictEqual(['SocketError', 'HTTPParserError', 'Error'])
  })

  test('because no response comes within fifteen seconds is put off', async () => {
    const { limits, pass } = controlTimeLimit()
    respond = pass
    await record(ID)

    await startDelivery().deliverDue()

    expect(limits).toStrictEqual([15_000])
    expect(failures()).toMatchObject([{ tries: 1, gaveUp: false, err: { type: 'DOMException' } }])
    expect(await waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn: 5 }])
  })

  test('is judged by its status if only the body takes longer than fifteen seconds', async () => {
    const { pass } = controlTimeLimit()
    const onHeaders = () => setImmediate(pass)
    subscribe('undici:request:headers', onHeaders)
    onTestFinished(() => void unsubscribe('undici:request:headers', onHeaders))
    respond = (response, { id }) => response.writeHead(id === ID ? 200 : 500).write('and then')
    const delivery = startDelivery()
    await record(ID)
    await delivery.deliverDue()
    await record(OTHER_ID)

    await delivery.deliverDue()

    expect(await waiting()).toMatchObject([{ id: OTHER_ID, failedTries: 1 }])
  })

  test('is repeated by the schedule of the specification, and then given up', async () => {
    respond = status(500)
    await record(ID)
    const delivery = startDelivery()
    const pauses = []

    for (let due = 0; ;) {
      await delivery.deliverDue()
      const [event] = await waiting()
      if (!event) break
      const pause = event.dueIn - due
      pauses.push(pause * 1000)
      stage.pass(pause * 1000 - 1)
      await delivery.deliverDue()
      stage.pass(1)
      due = event.dueIn
    }

    const hours = [2, 5, 10, 14, 20, 24].map((count) => count * HOUR_MS)
    expect(pauses).toStrictEqual([5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, ...hours])
    expect(deliveries).toHaveLength(10)
    expect(failures().map(({ tries }) => tries)).toStrictEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(failures().map(({ gaveUp }) => gaveUp)).toStrictEqual([...Array<boolean>(9).fill(false), true])
    expect(failures().map(({ level }) => level)).toStrictEqual([...Array<number>(9).fill(40), 50])
  })

  test('is put off by up to a fifth longer, at random, from the end of the attempt', async () => {
    const chances = [0, 0.5, 0.999]
    const delivery = startDelivery({ random: () => chances.shift() ?? 0 })
    respond = (response) => {
      stage.pass(10_000)
      response.writeHead(500).end()
    }

    for (const id of ['evt_1', 'evt_2', 'evt_3']) {
      stage.setTime(NOW)
      await record(id)
      await delivery.deliverDue()
    }

    expect((await waiting()).map(({ dueIn }) => dueIn)).toStrictEqual([15, 15.5, 15.999])
  })

  test.each([
    [429, '120', 120],
    [503, '120', 120],
    [429, '1', 5],
    [503, String(400 * 86_400), 86_400],
    [503, '9'.repeat(400), 86_400],
    [503, '-1', 5],
    [503, '12e3', 5],
    [503, 'soon', 5],
    [500, '120', 5],
  ])('with status %i and “Retry-After: %s” is put off accordingly', async (code, retryAfter, dueIn) => {
    respond = status(code, { 'retry-after': retryAfter })
    await record(ID)

    await startDelivery().deliverDue()

    expect(await waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn }])
  })

  test('with status 410 is given up at once', async () => {
    respond = status(410)
    await record(ID)

    await startDelivery().deliverDue()

    expect(deliveries).toHaveLength(1)
    expect(await waiting()).toStrictEqual([])
    expect(failures()).toMatchObject([{ level: 50, eventId: ID, tries: 1, gaveUp: true }])
  })

  test('delays no other event', async () => {
    respond = (response, { id }) => response.writeHead(id === 'evt_2' ? 500 : 200).end()
    for (const id of ['evt_1', 'evt_2', 'evt_3']) {
      await record(id)
      stage.pass(1_000)
    }

    await startDelivery().deliverDue()

    expect(ids().toSorted()).toStrictEqual(['evt_1', 'evt_2', 'evt_3'])
    expect(await waiting()).toMatchObject([{ id: 'evt_2', failedTries: 1 }])
  })

  test('logs nothing secret, whatever the receiver sends back', async () => {
    const said = 'a-secret-of-the-payload'
    const payload = `{"data":{"reconnect_url":"https://example.com/?state=${said}"}}`
    const echo = await startTalker(`HTTP/1.1 200 ${said}\r\n${payload} ${URL_SECRET}\r\n\r\n`)
    const urls = [echo, 'http://127.0.0.1:9', 'http://nowhere.invalid'].map((url) => `${url}/?key=${URL_SECRET}`)
    respond = (response, { body }, nth) => {
      if (nth === 1) response.destroy()
      else response.writeHead(nth === 2 ? 410 : 500, body.slice(0, 60), { 'x-body': body }).end(body)
    }

    for (const url of [...urls, receiverUrl, receiverUrl, receiverUrl]) {
      await record(`evt_${failures().length}`, payload)
      await startDelivery({ url }).deliverDue()
      stage.pass(1)
    }

    expect(failures()).toHaveLength(6)
    for (const secret of [said, URL_SECRET, NEW_SECRET.slice('whsec_'.length)])
      expect(stage.log.join('')).not.toContain(secret)
  })
})

describe('events that are due', () => {
  test('are sent oldest first, at most ten at a time', async () => {
    const recorded = Array.from({ length: 25 }, (_, index) => `evt_${100 + index}`)
    for (const id of recorded) {
      await record(id)
      stage.pass(1)
    }
    const held: (() => void)[] = []
    const claimed: number[] = []
    respond = async (response, _, nth) => {
      held.push(() => response.writeHead(204).end())
      if (held.length < 10 && nth < recorded.length) return
      claimed.push((await waiting()).filter(({ dueIn }) => dueIn >= 60).length)
      for (const answer of held.splice(0)) answer()
    }
    const delivery = startDelivery()

    await Promise.all([delivery.deliverDue(), delivery.deliverDue()])

    expect(ids().slice(0, 10).toSorted()).toStrictEqual(recorded.slice(0, 10))
    expect(ids().toSorted()).toStrictEqual(recorded)
    expect(Math.max(...claimed)).toBe(10)
  })

  test('are sent while another one waits for its response', async () => {
    const otherArrived = Promise.withResolvers<undefined>()
    const firstArrived = Promise.withResolvers<undefined>()
    respond = async (response, { id }) => {
      if (id === OTHER_ID) otherArrived.resolve(undefined)
      firstArrived.resolve(undefined)
      await otherArrived.promise
      response.writeHead(204).end()
    }
    const delivery = startDelivery()
    await record(ID)
    const first = delivery.deliverDue()
    await firstArrived.promise
    await record(OTHER_ID)

    await delivery.deliverDue()

    await first
    expect(ids()).toStrictEqual([ID, OTHER_ID])
    expect(await waiting()).toStrictEqual([])
  })

  test('are not those of the future', async () => {
    stage.pass(10_000)
    await record(ID)
    stage.pass(-10_000)

    await startDelivery().deliverDue()

    expect(deliveries).toStrictEqual([])
    expect(await waiting()).toHaveLength(1)
  })

  test('are sent once by four processes', async () => {
    const recorded = Array.from({ length: 60 }, (_, index) => `evt_${100 + index}`)
    for (const id of recorded) await record(id)
    const others = await Promise.all([1, 2, 3].map(() => stage.openAnother()))

    await Promise.all([stage.database, ...others].map((database) => startDelivery({ database }).deliverDue()))

    expect(ids().toSorted()).toStrictEqual(recorded)
    expect(await waiting()).toStrictEqual([])
    expect(failures()).toStrictEqual([])
  })
})

describe('a process that is killed during a delivery', () => {
  test('loses nothing: another one sends the event with the same id a minute later', async () => {
    const arrived = Promise.withResolvers<() => void>()
    respond = (response, _, nth) => {
      if (nth > 1) response.writeHead(204).end()
      else arrived.resolve(() => response.destroy())
    }
    await record(ID)
    const killed = startDelivery().deliverDue()
    const kill = await arrived.promise
    const survivor = startDelivery()

    await survivor.deliverDue()
    stage.pass(MINUTE_MS - 1)
    await survivor.deliverDue()
    const before = ids()
    stage.pass(1)
    await survivor.deliverDue()
    kill()
    await killed

    expect(before).toStrictEqual([ID])
    expect(ids()).toStrictEqual([ID, ID])
    expect(await waiting()).toStrictEqual([])
  })

  test.each([500, 410])('or hears %i too late, changes nothing that another one has stored', async (code) => {
    const arrived = Promise.withResolvers<() => void>()
    respond = (response, _, nth) => {
      const answer = () => response.writeHead(nth === 1 ? code : 503).end()
      if (nth === 1) arrived.resolve(answer)
      else answer()
    }
    await record(ID)
    const late = startDelivery().deliverDue()
    const answerLate = await arrived.promise
    stage.pass(MINUTE_MS)
    await startDelivery().deliverDue()
    stage.pass(1_000)

    answerLate()
    await late

    expect(await waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn: 65 }])
    expect(failures()).toMatchObject([
      { tries: 1, gaveUp: false },
      { tries: 1, gaveUp: false },
    ])
  })
})

describe('a database that fails', () => {
  /** The database, whose statements fail with these errors, in this order. */
  function failing(...failures: (Error | undefined)[]): Database {
    const { database } = stage
    return {
      ...database,
      async query(...statement) {
        const failure = failures.shift()
        if (failure) throw failure
        return database.query(...statement)
      },
    }
  }

  test('before a delivery is reported, and the next round goes on', async () => {
    const delivery = startDelivery({ database: failing(new Error('disk I/O error')) })
    await record(ID)

    await expect(delivery.deliverDue()).rejects.toThrow('disk I/O error')
    await delivery.deliverDue()

    expect(ids()).toStrictEqual([ID])
  })

  test('after a delivery is logged, and the event is delivered again a minute later', async () => {
    const delivery = startDelivery({ database: failing(undefined, new Error('disk I/O error')) })
    await record(ID)

    await delivery.deliverDue()
    stage.pass(MINUTE_MS)
    await delivery.deliverDue()

    expect(failures()).toMatchObject([{ eventId: ID, gaveUp: false, err: { message: 'disk I/O error' } }])
    expect(ids()).toStrictEqual([ID, ID])
    expect(await waiting()).toStrictEqual([])
  })
})

test('closing waits for deliveries under way, and starts no more', async () => {
  const arrived = Promise.withResolvers<() => void>()
  respond = (response) => {
    arrived.resolve(() => response.writeHead(204).end())
  }
  const delivery = startDelivery()
  await record(ID)
  const delivering = delivery.deliverDue()
  const answer = await arrived.promise
  await record(OTHER_ID)

  const closing = delivery.close()
  answer()
  await closing
  await delivery.close()
  await delivery.deliverDue()
  await delivering

  expect(await waiting()).toStrictEqual([{ id: OTHER_ID, failedTries: 0, dueIn: 0 }])
  expect(ids()).toStrictEqual([ID])
})

test('the events of an account are delivered without its token, and no longer stored then', async () => {
  const environment = { WEBHOOK_URL: receiverUrl, WEBHOOK_SECRETS: NEW_SECRET }
  const context = stage.process({ environment })

  const { key } = await stage.login(context)
  await context.accounts.remove(key)
  await context.jobs.run()

  const bodies = deliveries.map(({ body }) => JSON.parse(body) as { type: string; data: object })
  expect(bodies.map(({ type }) => type).toSorted()).toStrictEqual(['account.connected', 'account.disconnected'])
  for (const { data } of bodies)
    expect(data).toMatchObject({ id: '27640875392278831', user_id: '17841403815449847', status: 'ok' })
  expect(deliveries.map(({ body }) => body).join()).not.toContain('IGAA')
  expect(await waiting()).toStrictEqual([])
})

test('the event that an account expires has a link for the person', async () => {
  const environment = { WEBHOOK_URL: receiverUrl, WEBHOOK_SECRETS: NEW_SECRET }
  const context = stage.process({ environment })
  const { id } = await stage.login(context)
  stage.refuseRefreshes({ status: 500, body: '{}' })

  await stage.live(context, 56 * DAY_MS, 6 * HOUR_MS)
  await context.jobs.run()

  const expiring = deliveries.filter(({ body }) => body.includes('token.expiring'))
  expect(new Set(expiring.map((delivery) => delivery.id)).size).toBe(1)
  const { data } = JSON.parse(expiring[0]?.body ?? '') as { data: Record<string, string> }
  expect(data['reconnect_url']).toBe(`https://app.example/reconnect/${id}`)
  const left = Date.parse(data['token_expires_at'] ?? '') - Date.parse(data['status_since'] ?? '')
  expect(left).toBeGreaterThan(6 * DAY_MS)
})
