import { createHmac } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createWebhook } from '../../src/accounts/webhook.ts'
import { webhookSecret } from '../../src/accounts/webhookMessage.ts'
import type { Value } from '../../src/storage/database.ts'
import { closedOrigin, NOW, startTalker } from '../instagram/support.ts'
import { type Delivery, NEW_SECRET, OLD_SECRET, startSending, status, URL_SECRET } from './receiver.ts'
import { onSqlite } from '../support/places.ts'

const ID = 'evt_27640875392278831'
const OTHER_ID = 'evt_17841403815449847'
const MINUTE = 60
const HOUR = 3600
const DAY = 24 * HOUR

/** As a receiver computes it, from the specification. */
function signatureOf({ id, timestamp, body }: Delivery, secret: Buffer): string {
  return 'v1,' + createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64')
}

function only<Item>(items: readonly Item[]): Item {
  const [item] = items
  if (item === undefined || items.length > 1) throw new Error(`There are ${items.length}, not one`)
  return item
}

/** What is told of an event that the receiver did not take. */
function refusedWith(code: number) {
  return new Error(`The receiver of the webhook answered with status ${code}`)
}

describe('a delivery', () => {
  test('is a POST of exactly what was stored, as JSON, with the id of the event', async () => {
    await using sending = await startSending()
    const payload = '{ "type":"token.refreshed",\n "data":{"name":"Bäckerei 🥐 \\u2028"} }'
    await sending.record(ID, payload)

    await sending.webhook.deliverDue()

    const delivery = only(sending.deliveries)
    expect(delivery).toMatchObject({ id: ID, body: payload })
    expect(delivery.request).toMatchObject({
      method: 'POST',
      url: `/hooks/instagram?key=${URL_SECRET}`,
      headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) },
    })
  })

  test('is signed so that a receiver that knows the secret can tell', async () => {
    await using sending = await startSending()
    await sending.record(ID, '{"name":"Bäckerei 🥐"}')

    await sending.webhook.deliverDue()

    const delivery = only(sending.deliveries)
    expect(delivery.signature).toBe(signatureOf(delivery, NEW_SECRET))
  })

  test('is signed with each of two secrets, the newest first', async () => {
    await using sending = await startSending({ secrets: [NEW_SECRET, OLD_SECRET] })
    await sending.record(ID)

    await sending.webhook.deliverDue()

    const delivery = only(sending.deliveries)
    expect(delivery.signature.split(' ')).toStrictEqual([
      signatureOf(delivery, NEW_SECRET),
      signatureOf(delivery, OLD_SECRET),
    ])
  })

  test('has the signature of a known message', async () => {
    // The example of the reference libraries, whose secret is MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw.
    const at = new Date(1_614_265_330_000)
    await using sending = await startSending({
      secrets: [webhookSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')],
    })
    sending.pass((at.getTime() - NOW.getTime()) / 1000)
    await sending.record('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}')

    await sending.webhook.deliverDue()

    expect(sending.deliveries).toMatchObject([
      { timestamp: '1614265330', signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' },
    ])
  })

  test('has the time of the attempt in whole seconds, and the id stays the same', async () => {
    await using sending = await startSending()
    await sending.record(ID)
    sending.reply((response, _, nth) => response.writeHead(nth === 1 ? 500 : 200).end())
    sending.pass(0.999)

    await sending.webhook.deliverDue()
    sending.pass(5)
    await sending.webhook.deliverDue()

    const begun = NOW.getTime() / 1000
    expect(sending.ids()).toStrictEqual([ID, ID])
    expect(sending.deliveries.map(({ timestamp }) => Number(timestamp))).toStrictEqual([begun, begun + 5])
    const [first, second] = sending.deliveries as [Delivery, Delivery]
    expect(first.signature).not.toBe(second.signature)
    expect(second.signature).toBe(signatureOf(second, NEW_SECRET))
  })

  test.each([200, 201, 202, 204, 299])('answered with %i is done', async (code) => {
    await using sending = await startSending()
    sending.reply(status(code))
    await sending.record(ID)

    await sending.webhook.deliverDue()
    sending.pass(DAY)
    await sending.webhook.deliverDue()

    expect(sending.ids()).toStrictEqual([ID])
    expect(await sending.waiting()).toStrictEqual([])
    expect(sending.failures).toStrictEqual([])
  })

  test.each(['endless', 'broken off'])('is done when its 200 has a body that is %s', async (kind) => {
    await using sending = await startSending()
    sending.reply((response) => {
      response.writeHead(200, { 'content-length': 10_000_000 })
      response.write(Buffer.alloc(kind === 'endless' ? 1_000_000 : 10), () => {
        if (kind !== 'endless') response.destroy()
      })
    })
    await sending.record(ID)

    await sending.webhook.deliverDue()

    expect(await sending.waiting()).toStrictEqual([])
    expect(sending.failures).toStrictEqual([])
  })
})

describe('a delivery that fails', () => {
  test.each([301, 302, 307, 308, 400, 401, 404, 413, 500, 502, 503, 504])(
    'with status %i is put off, and no redirect is followed',
    async (code) => {
      await using sending = await startSending()
      sending.reply(status(code, { location: '/elsewhere' }))
      await sending.record(ID)

      await sending.webhook.deliverDue()

      expect(sending.ids()).toStrictEqual([ID])
      expect(sending.failures).toStrictEqual([
        { eventId: ID, tries: 1, gaveUp: false, cause: refusedWith(code) },
      ])
      expect(await sending.waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn: 5 }])
    },
  )

  test('because the receiver hangs up is put off', async () => {
    await using sending = await startSending()
    sending.reply((response) => response.destroy())
    await sending.record(ID)

    await sending.webhook.deliverDue()

    expect(sending.failures).toMatchObject([{ tries: 1, gaveUp: false, cause: { code: 'UND_ERR_SOCKET' } }])
    expect(await sending.waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn: 5 }])
  })

  test('because nobody listens is put off', async () => {
    await using sending = await startSending({ url: await closedOrigin() })
    await sending.record(ID)

    await sending.webhook.deliverDue()

    expect(sending.failures).toMatchObject([{ tries: 1, gaveUp: false, cause: { code: 'ECONNREFUSED' } }])
    expect(await sending.waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn: 5 }])
  })

  test('because what answers is no web server is put off', async () => {
    await using talker = await startTalker('220 smtp.example.com ready\r\n')
    await using sending = await startSending({ url: talker.origin })
    await sending.record(ID)

    await sending.webhook.deliverDue()

    expect(sending.failures).toMatchObject([{ tries: 1, gaveUp: false, cause: { name: 'HTTPParserError' } }])
    expect(await sending.waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn: 5 }])
  })

  test('because no answer comes within fifteen seconds is put off', async () => {
    const fifteenSeconds = shortenedTimeLimit()
    await using sending = await startSending()
    sending.reply(() => {
      fifteenSeconds.pass()
    })
    await sending.record(ID)

    await sending.webhook.deliverDue()

    expect(fifteenSeconds.asked).toStrictEqual([15_000])
    expect(sending.failures).toMatchObject([{ tries: 1, gaveUp: false, cause: { name: 'TimeoutError' } }])
    expect(await sending.waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn: 5 }])
  })

  test('is judged by its status when only the body takes longer than fifteen seconds', async () => {
    const fifteenSeconds = shortenedTimeLimit()
    const onHeaders = () => setImmediate(fifteenSeconds.pass)
    subscribe('undici:request:headers', onHeaders)
    onTestFinished(() => void unsubscribe('undici:request:headers', onHeaders))
    await using sending = await startSending()
    sending.reply((response, { id }) => response.writeHead(id === ID ? 200 : 500).write('and then'))
    await sending.record(ID)
    await sending.webhook.deliverDue()
    await sending.record(OTHER_ID)

    await sending.webhook.deliverDue()

    expect(await sending.waiting()).toMatchObject([{ id: OTHER_ID, failedTries: 1 }])
    expect(sending.failures).toMatchObject([{ eventId: OTHER_ID, cause: refusedWith(500) }])
  })

  test('is tried again by the schedule of the specification, then given up', async () => {
    await using sending = await startSending()
    sending.reply(status(500))
    await sending.record(ID)
    const pauses = []

    for (let due = 0; ;) {
      await sending.webhook.deliverDue()
      const [event] = await sending.waiting()
      if (!event) break
      pauses.push(event.dueIn - due)
      sending.pass(event.dueIn - due - 0.001)
      await sending.webhook.deliverDue()
      sending.pass(0.001)
      due = event.dueIn
    }

    expect(pauses).toStrictEqual([
      5,
      5 * MINUTE,
      30 * MINUTE,
      2 * HOUR,
      5 * HOUR,
      10 * HOUR,
      14 * HOUR,
      20 * HOUR,
      24 * HOUR,
    ])
    expect(sending.deliveries).toHaveLength(10)
    expect(sending.failures.map(({ tries }) => tries)).toStrictEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(sending.failures.map(({ gaveUp }) => gaveUp)).toStrictEqual([
      ...Array<boolean>(9).fill(false),
      true,
    ])
  })

  test('is put off by up to a fifth longer, at random', async () => {
    const chances = [0, 0.5, 0.999]
    await using sending = await startSending({ random: () => chances.shift() ?? 0 })
    sending.reply(status(500))
    await sending.record('evt_1')
    await sending.webhook.deliverDue()
    await sending.record('evt_2')
    await sending.webhook.deliverDue()
    await sending.record('evt_3')
    await sending.webhook.deliverDue()

    const waiting = await sending.waiting()

    expect(waiting.map(({ dueIn }) => dueIn)).toStrictEqual([5, 5.5, 5.999])
  })

  test('is counted from the end of the attempt', async () => {
    await using sending = await startSending()
    sending.reply((response) => {
      sending.pass(10)
      response.writeHead(500).end()
    })
    await sending.record(ID)

    await sending.webhook.deliverDue()

    expect(await sending.waiting()).toMatchObject([{ dueIn: 15 }])
  })

  test.each([
    [429, '120', 120],
    [503, '120', 120],
    [429, '1', 5],
    [429, '0', 5],
    [503, String(400 * DAY), DAY],
    [503, '9'.repeat(400), DAY],
    [503, '-1', 5],
    [503, '12e3', 5],
    [503, 'soon', 5],
    [500, '120', 5],
  ])('with status %i and “Retry-After: %s” is put off accordingly', async (code, retryAfter, dueIn) => {
    await using sending = await startSending()
    sending.reply(status(code, { 'retry-after': retryAfter }))
    await sending.record(ID)

    await sending.webhook.deliverDue()

    expect(await sending.waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn }])
  })

  test('with status 410 is given up at once, and that is told', async () => {
    await using sending = await startSending()
    sending.reply(status(410))
    await sending.record(ID)

    await sending.webhook.deliverDue()

    expect(sending.deliveries).toHaveLength(1)
    expect(await sending.waiting()).toStrictEqual([])
    expect(sending.failures).toStrictEqual([{ eventId: ID, tries: 1, gaveUp: true, cause: refusedWith(410) }])
  })

  test('holds up no other, whether before or after it', async () => {
    await using sending = await startSending()
    sending.reply((response, { id }) => response.writeHead(id === 'evt_2' ? 500 : 200).end())
    for (const id of ['evt_1', 'evt_2', 'evt_3']) {
      await sending.record(id)
      sending.pass(1)
    }

    await sending.webhook.deliverDue()

    expect(sending.ids().toSorted()).toStrictEqual(['evt_1', 'evt_2', 'evt_3'])
    expect(await sending.waiting()).toMatchObject([{ id: 'evt_2', failedTries: 1 }])
  })

  test('tells nothing that is secret, whatever went wrong', async () => {
    const said = 'a-secret-of-the-payload'
    const payload = `{"data":{"reconnect_url":"https://example.com/?state=${said}"}}`
    await using echo = await startTalker(`HTTP/1.1 200 ${said}\r\n${payload} ${URL_SECRET}\r\n\r\n`)
    await using sending = await startSending()
    const elsewhere = [echo.origin, await closedOrigin(), 'http://nowhere.invalid']
    const webhooks = await Promise.all(
      elsewhere.map((origin) => sending.another({ url: `${origin}/?key=${URL_SECRET}` })),
    )
    sending.reply((response, { body }, nth) => {
      if (nth === 1) response.destroy()
      else response.writeHead(nth === 2 ? 410 : 500, body.slice(0, 60), { 'x-body': body }).end(body)
    })

    for (const webhook of [...webhooks, sending.webhook, sending.webhook, sending.webhook]) {
      await sending.record(`evt_${sending.failures.length}`, payload)
      await webhook.deliverDue()
      sending.pass(0.001)
    }

    const told = inspect(sending.failures, { depth: Infinity, showHidden: true, maxStringLength: Infinity })
    expect(sending.failures).toHaveLength(6)
    for (const secret of [said, URL_SECRET, NEW_SECRET.toString('utf8'), NEW_SECRET.toString('base64')]) {
      expect(told).not.toContain(secret)
    }
  })
})

describe('events that are due', () => {
  test('are sent oldest first, and ten at a time at most', async () => {
    await using sending = await startSending()
    const ids = Array.from({ length: 25 }, (_, index) => `evt_${100 + index}`)
    for (const id of ids) {
      await sending.record(id)
      sending.pass(0.001)
    }
    const held: (() => void)[] = []
    const claimed: number[] = []
    sending.reply(async (response, _, nth) => {
      held.push(() => response.writeHead(204).end())
      if (held.length < 10 && nth < ids.length) return
      claimed.push((await sending.waiting()).filter(({ dueIn }) => dueIn >= 60).length)
      for (const answer of held.splice(0)) answer()
    })

    await Promise.all([sending.webhook.deliverDue(), sending.webhook.deliverDue()])

    expect(sending.ids().slice(0, 10).toSorted()).toStrictEqual(ids.slice(0, 10))
    expect(sending.ids().toSorted()).toStrictEqual(ids)
    expect(Math.max(...claimed)).toBe(10)
  })

  test('are sent while another one waits for its answer', async () => {
    await using sending = await startSending()
    const answer = Promise.withResolvers<undefined>()
    const arrived = Promise.withResolvers<undefined>()
    sending.reply(async (response, { id }) => {
      if (id === OTHER_ID) answer.resolve(undefined)
      arrived.resolve(undefined)
      await answer.promise
      response.writeHead(204).end()
    })
    await sending.record(ID)
    const first = sending.webhook.deliverDue()
    await arrived.promise
    await sending.record(OTHER_ID)

    await sending.webhook.deliverDue()

    await first
    expect(sending.ids()).toStrictEqual([ID, OTHER_ID])
    expect(await sending.waiting()).toStrictEqual([])
  })

  test('are not those of the future', async () => {
    await using sending = await startSending()
    sending.pass(10)
    await sending.record(ID)
    sending.pass(-10)

    await sending.webhook.deliverDue()

    expect(sending.deliveries).toStrictEqual([])
    expect(await sending.waiting()).toHaveLength(1)
  })

  test('are sent once by four processes on one database', async () => {
    await using sending = await startSending()
    const ids = Array.from({ length: 60 }, (_, index) => `evt_${100 + index}`)
    for (const id of ids) await sending.record(id)
    const webhooks = [sending.webhook, ...(await Promise.all([1, 2, 3].map(() => sending.another())))]

    await Promise.all(webhooks.map((webhook) => webhook.deliverDue()))

    expect(sending.ids().toSorted()).toStrictEqual(ids)
    expect(await sending.waiting()).toStrictEqual([])
    expect(sending.failures).toStrictEqual([])
  })

  onSqlite('cost one statement by the index when there are none', async () => {
    const statements: [string, readonly Value[]][] = []
    await using sending = await startSending({
      onStatement: (...statement) => statements.push(statement),
    })

    await sending.webhook.deliverDue()

    const [sql, parameters] = only(statements)
    const plan = await sending.database.all(`EXPLAIN QUERY PLAN ${sql}`, ...parameters)
    const steps = plan.map(({ detail }) => String(detail))
    expect(steps.join('\n')).toContain('events_deliver_at')
    expect(steps.filter((step) => step.startsWith('SCAN'))).toStrictEqual([])
  })
})

describe('a process that dies between claim and delivery', () => {
  test('loses nothing: another one delivers the event under the same id once the lease has run out', async () => {
    await using sending = await startSending()
    const arrived = Promise.withResolvers<() => void>()
    sending.reply((response, _, nth) => {
      if (nth > 1) response.writeHead(204).end()
      else arrived.resolve(() => response.destroy())
    })
    await sending.record(ID)
    const dying = sending.webhook.deliverDue()
    const die = await arrived.promise
    const survivor = await sending.another()

    await survivor.deliverDue()
    sending.pass(59.999)
    await survivor.deliverDue()
    const before = sending.ids()
    sending.pass(0.001)
    await survivor.deliverDue()

    expect(before).toStrictEqual([ID])
    expect(sending.ids()).toStrictEqual([ID, ID])
    expect(await sending.waiting()).toStrictEqual([])
    die()
    await dying
    expect(await sending.waiting()).toStrictEqual([])
  })

  test.each([500, 410])(
    'and hears %i too late, changes nothing that another one has settled',
    async (code) => {
      await using sending = await startSending()
      const arrived = Promise.withResolvers<() => void>()
      sending.reply((response, _, nth) => {
        const answer = () => response.writeHead(nth === 1 ? code : 503).end()
        if (nth === 1) arrived.resolve(answer)
        else answer()
      })
      await sending.record(ID)
      const late = sending.webhook.deliverDue()
      const wake = await arrived.promise
      const other = await sending.another()
      sending.pass(60)
      await other.deliverDue()
      sending.pass(1)

      wake()
      await late

      expect(await sending.waiting()).toStrictEqual([{ id: ID, failedTries: 1, dueIn: 65 }])
      expect(sending.failures).toStrictEqual([
        { eventId: ID, tries: 1, gaveUp: false, cause: refusedWith(503) },
        { eventId: ID, tries: 1, gaveUp: false, cause: refusedWith(code) },
      ])
    },
  )
})

describe('a database that fails', () => {
  test('before anything was claimed is the caller’s to hear of, and the next call goes on', async () => {
    const answers = [new Error('disk I/O error')]
    await using sending = await startSending({
      onStatement() {
        const error = answers.shift()
        if (error) throw error
      },
    })
    await sending.record(ID)

    await expect(sending.webhook.deliverDue()).rejects.toThrow('disk I/O error')
    await sending.webhook.deliverDue()

    expect(sending.ids()).toStrictEqual([ID])
  })

  test('after the delivery is told, and the event is delivered again after the lease', async () => {
    const lost = new Error('disk I/O error')
    const answers = [undefined, lost]
    await using sending = await startSending({
      onStatement() {
        const error = answers.shift()
        if (error) throw error
      },
    })
    await sending.record(ID)

    await sending.webhook.deliverDue()
    sending.pass(60)
    await sending.webhook.deliverDue()

    expect(sending.failures).toStrictEqual([{ eventId: ID, tries: 1, gaveUp: false, cause: lost }])
    expect(sending.ids()).toStrictEqual([ID, ID])
    expect(await sending.waiting()).toStrictEqual([])
  })
})

describe('closing', () => {
  test('waits for what is under way, and starts nothing more', async () => {
    await using sending = await startSending()
    const arrived = Promise.withResolvers<() => void>()
    sending.reply((response) => {
      arrived.resolve(() => response.writeHead(204).end())
    })
    await sending.record(ID)
    const delivering = sending.webhook.deliverDue()
    const answer = await arrived.promise
    await sending.record(OTHER_ID)

    const closing = sending.webhook.close()
    answer()
    await closing
    const left = await sending.waiting()
    await sending.webhook.close()
    await sending.webhook.deliverDue()

    await delivering
    expect(left).toStrictEqual([{ id: OTHER_ID, failedTries: 0, dueIn: 0 }])
    expect(await sending.waiting()).toStrictEqual(left)
    expect(sending.ids()).toStrictEqual([ID])
  })
})

describe('settings', () => {
  const options = { now: () => NOW, onFailure: () => undefined }

  test('without a secret are refused', async () => {
    await using sending = await startSending()

    const creating = () =>
      createWebhook({ ...options, database: sending.database, url: 'https://example.com', secrets: [] })

    expect(creating).toThrow('The webhook has no secret to sign with')
  })

  test('with a URL that is none are refused, without repeating it', async () => {
    await using sending = await startSending()

    const creating = () =>
      createWebhook({
        ...options,
        database: sending.database,
        url: `example.com/?key=${URL_SECRET}`,
        secrets: [NEW_SECRET],
      })

    expect(creating).toThrow(new Error('The URL of the webhook is none'))
  })

  test.each([24, 25, 26, 32, 64])('take a secret of %i bytes', (length) => {
    const bytes = Buffer.alloc(length, 0xfb)

    const secret = webhookSecret(`whsec_${bytes.toString('base64')}`)

    expect(secret).toStrictEqual(bytes)
  })

  test.each([
    ['of 23 bytes', `whsec_${Buffer.alloc(23, 251).toString('base64')}`, /24 to 64 bytes, not 23$/],
    ['of 65 bytes', `whsec_${Buffer.alloc(65, 251).toString('base64')}`, /24 to 64 bytes, not 65$/],
    ['without its prefix', Buffer.alloc(32, 251).toString('base64'), /whsec_ followed by base64$/],
    ['of another kind', `whsk_${Buffer.alloc(32, 251).toString('base64')}`, /whsec_ followed by base64$/],
    ['in base64url', `whsec_${Buffer.alloc(32, 251).toString('base64url')}`, /whsec_ followed by base64$/],
    [
      'with a space after it',
      `whsec_${Buffer.alloc(32, 251).toString('base64')} `,
      /whsec_ followed by base64$/,
    ],
    [
      'cut short',
      `whsec_${Buffer.alloc(32, 251).toString('base64').slice(0, -1)}`,
      /whsec_ followed by base64$/,
    ],
    ['that is a prefix only', 'whsec_', /whsec_ followed by base64$/],
    ['that is empty', '', /whsec_ followed by base64$/],
  ])('refuse a secret %s, without repeating it', (_, text, words) => {
    expect(() => webhookSecret(text)).toThrow(words)
    expect(() => webhookSecret(text)).not.toThrow(/\+\/v7/)
  })
})

/** Makes the time limit of calls end when a test says so. */
function shortenedTimeLimit() {
  const asked: number[] = []
  let running = new AbortController()
  const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    asked.push(milliseconds)
    running = new AbortController()
    return running.signal
  })
  onTestFinished(() => {
    spy.mockRestore()
  })
  return {
    asked,
    pass: () => {
      running.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
    },
  }
}
