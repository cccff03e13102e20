import request from 'supertest'
import { expect, test } from 'vitest'
import { type ApiOptions, createApi } from '../../src/web/api/api.ts'
import type { World } from '../support/world.ts'
import { DOCUMENT, faults, operations, promised } from './described.ts'
import { ACCOUNT, type Answer, KEY, LIFETIME, program, SECOND, startConnected, TOKEN } from './support.ts'

const NOBODY = '/api/accounts/17841403815449848'

type Act = (world: World) => Promise<Answer>

/** How each promised answer is brought about. */
const ACTS: Record<string, Act> = {
  'GET /openapi.json 200': (world) => keyless(world, 'get', '/api/openapi.json'),

  'GET /accounts 200': (world) => program(world).get('/api/accounts'),
  'GET /accounts 400': (world) => program(world).get('/api/accounts?limit=0'),
  'GET /accounts 401': (world) => keyless(world, 'get', '/api/accounts'),
  'GET /accounts 503': away((world) => program(world).get('/api/accounts')),
  'GET /accounts default': broken((world) => program(world).get('/api/accounts')),

  'POST /accounts 201': (world) => add(world, world.sandbox.dashboardToken('creator')),
  'POST /accounts 400': (world) => program(world).post('/api/accounts', '{'),
  'POST /accounts 401': (world) => keyless(world, 'post', '/api/accounts'),
  'POST /accounts 413': (world) => add(world, 'x'.repeat(17_000)),
  'POST /accounts 415': (world) =>
    program(world).post('/api/accounts', 'x', { 'Content-Type': 'text/plain' }),
  'POST /accounts 422': (world) => add(world, 'EAABwzLixnjYBO9ZC'),
  'POST /accounts 502': (world) => {
    world.sandbox.answerNext('me', { status: 500, body: '{}' })
    return add(world, world.sandbox.dashboardToken('creator'))
  },
  'POST /accounts 503': (world) => {
    world.sandbox.throttle(1)
    return add(world, world.sandbox.dashboardToken('creator'))
  },
  'POST /accounts 504': (world) => {
    world.sandbox.answerNext('me', { fault: 'hang' }) // For ten seconds.
    return add(world, world.sandbox.dashboardToken('creator'))
  },
  'POST /accounts default': broken((world) => add(world, world.sandbox.dashboardToken('creator'))),

  'GET /accounts/{id} 200': (world) => program(world).get(ACCOUNT),
  'GET /accounts/{id} 401': (world) => keyless(world, 'get', ACCOUNT),
  'GET /accounts/{id} 404': (world) => program(world).get(NOBODY),
  'GET /accounts/{id} 503': away((world) => program(world).get(ACCOUNT)),
  'GET /accounts/{id} default': broken((world) => program(world).get(ACCOUNT)),

  'DELETE /accounts/{id} 204': (world) => program(world).remove(ACCOUNT),
  'DELETE /accounts/{id} 401': (world) => keyless(world, 'delete', ACCOUNT),
  'DELETE /accounts/{id} 404': (world) => program(world).remove(NOBODY),
  'DELETE /accounts/{id} 503': away((world) => program(world).remove(ACCOUNT)),
  'DELETE /accounts/{id} default': broken((world) => program(world).remove(ACCOUNT)),

  'GET /accounts/{id}/token 200': (world) => program(world).get(TOKEN),
  'GET /accounts/{id}/token 401': (world) => keyless(world, 'get', TOKEN),
  'GET /accounts/{id}/token 404': (world) => program(world).get(`${NOBODY}/token`),
  'GET /accounts/{id}/token 406': (world) => program(world).get(TOKEN, { Accept: 'image/png' }),
  'GET /accounts/{id}/token 409': (world) => {
    world.pass(LIFETIME * SECOND)
    return program(world).get(TOKEN)
  },
  'GET /accounts/{id}/token 503': away((world) => program(world).get(TOKEN)),
  'GET /accounts/{id}/token default': broken((world) => program(world).get(TOKEN)),
}

async function keyless({ origin }: World, method: 'get' | 'post' | 'delete', path: string): Promise<Answer> {
  return request(origin)[method](path)
}

function add(world: World, access_token: string): Promise<Answer> {
  return program(world).post('/api/accounts', { access_token })
}

function away(act: Act): Act {
  return (world) => {
    world.outage.begin()
    return act(world)
  }
}

function broken(act: Act): Act {
  return async (world) => {
    await world.database.run('DROP TABLE accounts')
    return act(world)
  }
}

test('the tests bring about every answer that is described, and no other', () => {
  const described = promised().map(({ name }) => name)

  expect(described.sort()).toStrictEqual(Object.keys(ACTS).sort())
})

test.each(promised())('$name is as described', async ({ name, headers, bodies }) => {
  await using world = await startConnected()

  const answer = await ACTS[name]?.(world)

  expect(answer?.status).toBe(name.endsWith('default') ? 500 : Number(name.split(' ')[2]))
  expect(headers.filter((header) => !answer?.get(header))).toStrictEqual([])
  const schema = bodies[answer?.type ?? '']
  if (schema) expect(faults(schema, answer?.body)).toStrictEqual([])
  else expect([bodies, answer?.text]).toStrictEqual([{}, ''])
})

test('the token as plain text is as described', async () => {
  await using world = await startConnected()

  const { type, text } = await program(world).get(TOKEN, { Accept: 'text/plain' })

  const schema = DOCUMENT.paths['/accounts/{id}/token']?.get?.responses['200']?.content?.[type]?.schema
  expect(faults(schema ?? {}, text)).toStrictEqual([])
  expect(schema).toBeDefined()
})

test('every route is described, with all of its methods', () => {
  // Making the routes uses nothing but the keys.
  const api = createApi({ keys: [KEY], origin: '' } as unknown as ApiOptions)

  const routes = api.stack.flatMap(({ route }) =>
    [...new Set(route?.stack.map(({ method }) => method as string | undefined))]
      .filter((method) => method !== undefined)
      .map((method) => `${method.toUpperCase()} ${route?.path.replace(/:(\w+)/g, '{$1}') ?? ''}`),
  )

  expect(routes.sort()).toStrictEqual(operations().sort())
})

test('a method that is not described is refused, and the refusal names those that are', async () => {
  await using world = await startConnected()
  const paths = Object.keys(DOCUMENT.paths)

  const allowed = await Promise.all(
    paths.map(async (path) => {
      const answer = await request(world.origin)
        .trace(`/api${path.replace('{id}', '1')}`)
        .set('Authorization', `Bearer ${KEY}`)
      expect(faults(DOCUMENT.components.schemas['Problem'] ?? {}, answer.body)).toStrictEqual([])
      const methods = answer.get('Allow')?.split(', ') ?? []
      return methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`)
    }),
  )

  expect(allowed.flat().sort()).toStrictEqual(operations().sort())
})

test('the description says where the API is, by the settings and not by the request', async () => {
  await using world = await startConnected()

  const { body } = await program(world).get('/api/openapi.json', { Host: 'evil.example' })

  const here = { ...DOCUMENT, servers: [{ url: `${world.origin}/api` }] }
  expect(body).toStrictEqual(JSON.parse(JSON.stringify(here)))
})

test.each([
  ['a member more', { extra: 1 }],
  ['a member less', { id: undefined }],
  ['a number for an id', { id: 27640875392278832 }],
  ['a status that there is not', { status: 'fine' }],
  ['a time in other words', { connected_at: 'yesterday' }],
])('the check that these tests rely on finds %s', async (_, change) => {
  await using world = await startConnected()
  const { body } = await program(world).get(ACCOUNT)

  const found = faults({ $ref: '#/components/schemas/Account' }, { ...body, ...change })

  expect(found).toHaveLength(1)
})
