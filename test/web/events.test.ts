import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { live, OUT_OF_ORDER } from '../accounts/refreshWorld.ts'
import { linkCalled, person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

const DAY = 24 * 60 * 60 * 1000
const SECRET = Buffer.alloc(32, 5)

interface Received {
  type: string
  data: Record<string, string>
  headers: NodeJS.Dict<string | string[]>
  body: string
}

/** A program that takes events. */
async function startReceiver() {
  const received: Received[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({
        ...(JSON.parse(body) as Pick<Received, 'type' | 'data'>),
        headers: request.headers,
        body,
      })
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    received,
    settings: {
      WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=canary`,
      WEBHOOK_SECRETS: `whsec_${SECRET.toString('base64')}`,
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('a program is told of each thing that happens, signed so that it can tell that it is us', async () => {
  await using receiver = await startReceiver()
  await using world = await startWorld(receiver.settings)
  const somebody = person(world)

  await somebody.login()
  await somebody.post('/disconnect')
  await world.upkeep()

  expect(receiver.received.map(({ type }) => type).sort()).toStrictEqual([
    'account.connected',
    'account.disconnected',
  ])
  for (const { headers, body, data } of receiver.received) {
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
    const expected = createHmac('sha256', SECRET).update(signed).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${expected}`)
    expect(data).toMatchObject({ id: '27640875392278831', user_id: '17841403815449847', status: 'ok' })
    expect(body).not.toContain('IGAA')
  }
  expect(await world.database.all('SELECT * FROM events')).toStrictEqual([])
})

test('while Instagram refuses, a program hears of it days before the end, with a link to mend it', async () => {
  await using receiver = await startReceiver()
  await using world = await startWorld(receiver.settings)
  await person(world).login()
  for (let call = 0; call < 200; call++) world.sandbox.answerNext('refresh', OUT_OF_ORDER)

  await live(world, 56 * DAY, 6 * 60 * 60 * 1000)

  const warning = receiver.received.filter(({ type }) => type === 'token.expiring')
  // The clock jumps further than a delivery's lease, so that one event may come twice: by its id it is one.
  expect(new Set(warning.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  const left =
    Date.parse(warning[0]?.data['token_expires_at'] ?? '') -
    Date.parse(warning[0]?.data['status_since'] ?? '')
  expect(left).toBeGreaterThan(6 * DAY)
  const page = await person(world).get(new URL(warning[0]?.data['reconnect_url'] ?? '').pathname)
  expect(page.text).toContain('Reconnect @harbour.bakery')
  expect(linkCalled('Get Started', page.text)).toContain('force_reauth=true')
})

test('the log shows neither the query of the webhook nor its secrets when it cannot be reached', async () => {
  await using world = await startWorld({
    WEBHOOK_URL: 'http://127.0.0.1:9/hook?key=canary',
    WEBHOOK_SECRETS: `whsec_${SECRET.toString('base64')}`,
  })

  await person(world).login()
  await world.upkeep()

  const log = world.log.join('')
  expect(log).toContain('could not be delivered')
  expect(log).not.toContain('canary')
  expect(log).not.toContain(SECRET.toString('base64'))
})
