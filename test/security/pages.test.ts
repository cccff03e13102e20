import { afterAll, expect, test } from 'vitest'
import { admin, PASSWORD } from '../admin/support.ts'
import { KEY } from '../api/support.ts'
import { DAY_MS } from '../../src/facts.ts'
import { type Person, person } from '../support/person.ts'
import { reconnectPath, startWorld } from '../support/world.ts'
import { ID, USER_ID } from '../web/metaCalls.ts'
import { HOSTILE_TEXTS, PICTURE_ADDRESSES } from './inputs.ts'

const world = await startWorld({ ADMIN_PASSWORD: PASSWORD, API_KEYS: KEY })
afterAll(() => world[Symbol.asyncDispose]())
const operator = await admin(world)

/** A login in which Instagram sends this text wherever it sends text. */
async function loginWith(text: string, pictureUrl = text): Promise<{ somebody: Person; connected: string }> {
  const token = { access_token: text, user_id: ID, permissions: [text, `${text} too`] }
  const names = { username: text, name: text, account_type: text, profile_picture_url: pictureUrl }
  world.sandbox.answerNext('token', { body: JSON.stringify(token) })
  world.sandbox.answerNext('long_lived', { body: JSON.stringify({ access_token: text, token_type: text }) })
  world.sandbox.answerNext('me', { body: JSON.stringify({ id: ID, user_id: USER_ID, ...names }) })
  const somebody = person(world)
  return { somebody, connected: (await somebody.login()).text }
}

/** Every page that shows what Instagram or a visitor sent, each with this text in all places. */
async function pagesWith(text: string): Promise<Record<string, string>> {
  const graphError = { message: text, type: text, code: 4711, fbtrace_id: text }
  const failed = { status: 400, body: JSON.stringify({ error: graphError }) }
  const { somebody, connected } = await loginWith(text)
  const query = new URLSearchParams({ error: text, error_reason: text, error_description: text }).toString()
  const visitor = person(world)
  const state = new URL(await visitor.getStarted()).searchParams.get('state') ?? ''
  const pages: Record<string, string> = { connected }
  pages['reconnect'] = (await visitor.get(reconnectPath(world, ID))).text
  pages['list of accounts'] = (await operator.get('/accounts')).text
  pages['disconnect'] = (await operator.get(`/accounts/${ID}/disconnect`)).text
  pages['search'] = (
    await operator.get(`/accounts?${new URLSearchParams({ search: `nobody ${text}` }).toString()}`)
  ).text
  pages['refused by Instagram’s page'] = (await visitor.get(`/response?${query}&state=${state}`)).text
  pages['pasted words'] = (await visitor.submit('/help', { pasted: text })).text
  const embedUrl = new URLSearchParams({ client_id: '1', redirect_uri: `https://x.example/${text}`, scope: `x${text}` })
  const embed_url = `https://www.instagram.com/oauth/authorize?response_type=code&${embedUrl.toString()}`
  pages['pasted Embed URL'] = (await visitor.submit('/setup', { embed_url })).text
  world.sandbox.answerNext('me', failed)
  pages['refused token'] = (
    await visitor.submit('/import', { access_token: world.sandbox.dashboardToken('creator') })
  ).text
  world.sandbox.answerNext('token', {
    status: 400,
    body: JSON.stringify({ error_type: text, code: 400, error_message: text }),
  })
  pages['refused code'] = (await person(world).login()).text
  world.pass(2 * DAY_MS)
  world.sandbox.answerNext('refresh', failed)
  await somebody.submit('/refresh', { account: ID })
  pages['failed refresh'] = (await somebody.get('/')).text
  pages['list after it'] = (await operator.get('/accounts')).text
  world.sandbox.answerNext('refresh', { body: JSON.stringify({ access_token: text, expires_in: 5_000_000 }) })
  await operator.post(`/accounts/${ID}/refresh`)
  pages['notice'] = (await operator.get('/accounts')).text
  return pages
}

/** The elements of a page with the names of their attributes: what must not depend on any text. Words like settings are set as code. */
function structureOf(page: string): string[] {
  return Array.from(page.matchAll(/<(?!\/?code>)[a-z/!][^>]*>/gi), ([tag]) => tag.replace(/="[^"]*"/g, ''))
}

const harmless = await pagesWith('plain words')

test('the harmless text is on every page, so that the hostile ones are, too', () => {
  const shown = Object.entries(harmless).filter(([, page]) => page.includes('plain words'))

  const notQuoted = ['refused by Instagram’s page', 'pasted words']
  expect(shown.map(([name]) => name)).toStrictEqual(Object.keys(harmless).filter((name) => !notQuoted.includes(name)))
})

test.each(HOSTILE_TEXTS)('%j is text on every page, whatever Instagram sends it as', async (text) => {
  const pages = await pagesWith(text)

  for (const [name, page] of Object.entries(pages)) {
    expect(structureOf(page), name).toStrictEqual(structureOf(harmless[name] ?? ''))
    expect(page, name).not.toMatch(/(?:href|src|action)="\s*(?:javascript:|(?:https?:)?\/\/evil)/i)
  }
})

test.each(HOSTILE_TEXTS)('%j is JSON for programs, and no browser takes it for a page', async (text) => {
  await loginWith(text)

  const response = await person(world).get(`/api/accounts/${ID}`, { Authorization: `Bearer ${KEY}` })

  expect(response.type).toBe('application/json')
  expect(response.get('X-Content-Type-Options')).toBe('nosniff')
  expect(response.body).toHaveProperty('id', ID)
})

test.each(PICTURE_ADDRESSES)('a picture at %j is neither requested nor linked', async (address) => {
  const { somebody, connected } = await loginWith('plain words', address)
  const before = world.sandbox.calls.length

  const picture = await somebody.get('/picture')

  expect(picture.status).toBe(404)
  expect(world.sandbox.calls).toHaveLength(before)
  expect(structureOf(connected)).toStrictEqual(structureOf(harmless['connected'] ?? ''))
  expect(connected).not.toContain(address.replaceAll('"', '&#34;'))
})
