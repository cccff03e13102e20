import { expect, test } from 'vitest'
import type { Context } from '../../src/context.ts'
import { catalogue, type ProblemCode, problems } from '../../src/errors/catalogue.ts'
import { addressOf } from '../../src/web/request.ts'
import { createApiRoutes } from '../../src/web/api/routes.ts'
import document from '../../src/web/api/openapi.json' with { type: 'json' }
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { OPERATIONS, PATHS, received, RESPONSES, schemaErrors } from './document.ts'
import { ACCOUNT, ACCOUNTS, KEY, LIFETIME, program, startSharedWorld, TOKEN } from './support.ts'

const UNKNOWN = `${ACCOUNTS}/17841403815449848`
const SERVER_ERROR = { status: 500, body: '{}' }

const world = await startSharedWorld()
const { get, post, remove, send } = program(world)
const { sandbox } = world

test('the tests receive every response that the document has, as it is described there', async () => {
  const withoutKey = program(world, { key: '' })
  const add = (access_token: string) => post(ACCOUNTS, { access_token })
  const everyOperation = async () => [
    await get(ACCOUNTS),
    await add(sandbox.dashboardToken('creator')),
    await get(ACCOUNT),
    await get(TOKEN),
    await remove(ACCOUNT),
  ]

  await using worldWithoutApi = await startWorld()
  await program(worldWithoutApi).get('/api/openapi.json')
  await withoutKey.get('/api/openapi.json')
  for (const path of [ACCOUNTS, ACCOUNT, TOKEN]) await withoutKey.get(path)
  await withoutKey.post(ACCOUNTS, {})
  await withoutKey.remove(ACCOUNT)
  world.outage.begin()
  await everyOperation()
  world.outage.end()
  await world.database.query('ALTER TABLE accounts RENAME TO hidden')
  await everyOperation()
  await world.database.query('ALTER TABLE hidden RENAME TO accounts')
  await get(`${ACCOUNTS}?limit=0`)
  await post(ACCOUNTS, '{')
  await add('x'.repeat(17_000))
  await post(ACCOUNTS, 'x', { 'Content-Type': 'text/plain' })
  await add('EAABwzLixnjYBO9ZC')
  sandbox.answerNext('me', SERVER_ERROR)
  await add(sandbox.dashboardToken('creator'))
  world.restart({ ALLOWED_ACCOUNTS: 'mira.draws' })
  await add(sandbox.dashboardToken('business'))
  world.restart()
  await get(UNKNOWN)
  await remove(UNKNOWN)
  await get(`${UNKNOWN}/token`)
  await get(TOKEN, { Accept: 'text/plain' })
  await get(TOKEN, { Accept: 'image/png' })
  await everyOperation()
  await add(sandbox.dashboardToken('business'))
  world.pass(LIFETIME * 1000)
  await get(TOKEN)

  // A timeout takes ten seconds.
  expect([...received, 'POST /accounts 504'].sort()).toStrictEqual([...RESPONSES].sort())
})

test('the document has every route of the API, with all of its methods', () => {
  const context = { config: { apiKeys: [KEY] } } as unknown as Context
  const address = addressOf('https://tokens.example/response')
  const router = createApiRoutes(context, address, [
    (_request, _response, next) => {
      next()
    },
  ])

  const inner = router.stack.flatMap(({ handle }) => (handle as Partial<typeof router>).stack ?? [])
  const routes = [...router.stack, ...inner].flatMap(({ route }) => {
    const methods = route?.stack.map(({ method }): string | undefined => method) ?? []
    const path = route?.path.replace('/api', '').replace(/:(\w+)/g, '{$1}') ?? ''
    return [...new Set(methods)].flatMap((method) => (method ? `${method.toUpperCase()} ${path}` : []))
  })

  expect(routes.sort()).toStrictEqual([...OPERATIONS, 'GET /metrics'].sort())
})

test('a method that the document does not have is refused with those that it has', async () => {
  const allowed = await Promise.all(
    PATHS.map(async (path) => {
      const response = await send('trace', `/api${path.replace('{id}', '1')}`)
      const methods = response.get('Allow')?.split(', ') ?? []
      return methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`)
    }),
  )

  expect(allowed.flat().sort()).toStrictEqual([...OPERATIONS].sort())
})

test('the document names every problem of the API', () => {
  const types = Object.keys(problems).map((code) => `/problems/${code}`)

  expect(document.components.schemas.Problem.properties.type.enum.toSorted()).toStrictEqual(types.sort())
})

test.each(document.components.schemas.Problem.properties.type.enum)(
  'the type %s leads to a page about it',
  async (type) => {
    const page = await person(world).get(type)
    const json = await person(world).get(type, { Accept: 'application/json' })

    const { title } = catalogue[type.replace('/problems/', '') as ProblemCode]
    expect(page.status).toBe(200)
    expect(page.text).toContain(title)
    expect(json.body).toMatchObject({ name: type.replace('/problems/', ''), title })
  },
)

test('the document says where the API is by the settings, not by the request', async () => {
  const { body } = await get('/api/openapi.json', { Host: 'evil.example' })

  expect(body).toStrictEqual({ ...document, servers: [{ url: `${world.origin}/api` }] })
})

test.each([
  ['a member more', { extra: 1 }],
  ['a member less', { id: undefined }],
  ['a number for an id', { id: 27640875392278832 }],
  ['an unknown status', { status: 'fine' }],
  ['a time in other words', { connected_at: 'yesterday' }],
])('the check of every response finds %s', async (_, change) => {
  const { body } = await get(ACCOUNT)

  expect(schemaErrors({ $ref: '#/components/schemas/Account' }, { ...body, ...change })).toHaveLength(1)
})
