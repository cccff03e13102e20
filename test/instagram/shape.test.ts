import fc from 'fast-check'
import pino from 'pino'
import { expect, test } from 'vitest'
import { hostLogger } from '../../src/log.ts'
import { refusal, settingsFor, startClient, startServer } from './support.ts'

/** A client that logs at this level, and its lines. */
function startLogged(origin: string, level: string) {
  const lines: string[] = []
  const log = hostLogger(pino({ level, base: null, timestamp: false }, { write: (line) => lines.push(line) }))
  return { client: startClient(settingsFor(origin), { log, now: () => new Date() }), lines }
}

test('at the level debug, each answer’s shape is logged: names, types and lengths', async () => {
  const body =
    '{"data":[{"access_token":"IGAAcanary","user_id":27640875392278831,"permissions":["canary_basic","canary_publish"],' +
    '"ok":true,"none":null,"id_27640875392278831":{}}]}'
  await using server = await startServer((_, response) => {
    response.setHeader('x-app-usage', '{"canary":1}').setHeader('x-fb-rev', 'canary').end(body)
  })
  const { client, lines } = startLogged(server.origin, 'debug')
  await using closing = client

  await closing.exchangeCode('AQcanary')

  const [line = ''] = lines
  expect(lines).toHaveLength(1)
  expect(JSON.parse(line)).toMatchObject({
    level: 20,
    msg: 'shape of a response of Instagram',
    endpoint: 'token',
    status: 200,
    headers: expect.arrayContaining(['x-app-usage', 'x-fb-rev', 'date', 'content-length']) as string[],
    bytes: body.length,
    body: {
      data: {
        'array of 1': [
          {
            access_token: 'string of 10',
            user_id: 'number of 17',
            permissions: { 'array of 2': ['string of 12'] },
            ok: 'boolean',
            none: 'null',
            '…': {},
          },
        ],
      },
    },
  })
  expect(line).not.toContain('canary')
  expect(line).not.toContain('27640875392278831')
})

test.each([
  [
    'an error',
    400,
    '{"error":{"message":"canary","code":190}}',
    { error: { message: 'string of 6', code: 'number of 3' } },
  ],
  ['a page', 200, '<html>canary</html>', 'not JSON'],
  ['JSON after a BOM', 200, '\ufeff{"id":"27640875392278831"}', { id: 'string of 17' }],
])('%s has a shape, too', async (_, status, body, shape) => {
  await using server = await startServer((_request, response) => response.writeHead(status).end(body))
  const { client, lines } = startLogged(server.origin, 'debug')
  await using closing = client

  await closing.profile('IGAAcanary').catch(() => undefined)

  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ endpoint: 'me', status, body: shape })
  expect(lines.join('')).not.toContain('canary')
})

test('no value of any answer is in its line', async () => {
  let answer: unknown
  await using server = await startServer((_, response) =>
    response.setHeader('x-fb-debug', 'canary').end(JSON.stringify(answer)),
  )
  const { client, lines } = startLogged(server.origin, 'debug')
  await using closing = client
  const canary = fc.string().map((text) => `canary${text}`)
  const values = fc.oneof(canary, fc.constant(27_640_875_392_278), fc.boolean(), fc.constant(null))
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      values,
      fc.array(tie('tree')),
      fc.dictionary(fc.constantFrom('id', 'data', 'error', '1canary'), tie('tree')),
    ),
  }))

  await fc.assert(
    fc.asyncProperty(tree, async (json) => {
      answer = json
      lines.length = 0
      await refusal(closing.exchangeForLongLived('IGAAcanary')).catch(() => undefined)
      expect(lines).toHaveLength(1)
      expect(lines.join('')).not.toMatch(/canary|27640875392278/)
    }),
    { numRuns: 50 },
  )
})

test('nothing is described at the level info', async () => {
  await using server = await startServer((_, response) => response.end('{"id":"27640875392278831"}'))
  const { client, lines } = startLogged(server.origin, 'info')
  await using closing = client

  await closing.profile('IGAAx')

  expect(lines).toStrictEqual([])
})
