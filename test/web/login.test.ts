import { expect, test } from 'vitest'
import { linkCalled, person } from '../support/person.ts'
import { CLIENT_ID, startWorld } from '../support/world.ts'

const SCOPES = 'instagram_business_basic,instagram_business_content_publish'

test('Get Started leads straight to Instagram with what it asks for, and nothing else', async () => {
  await using world = await startWorld({ INSTAGRAM_SCOPES: SCOPES })

  const link = new URL(await person(world).getStarted())

  expect(link.origin + link.pathname).toBe(world.sandbox.authorizeUrl)
  expect(Object.fromEntries(link.searchParams)).toStrictEqual({
    client_id: CLIENT_ID,
    redirect_uri: `${world.origin}/response`,
    response_type: 'code',
    scope: SCOPES,
    state: expect.stringMatching(/^[\w.-]{40,}$/) as string,
  })
})

test('a person who authorizes comes back to who they are, what they granted, and their token', async () => {
  await using world = await startWorld({
    INSTAGRAM_SCOPES: `${SCOPES},instagram_business_manage_insights`,
  })

  const page = await person(world).login({ scopes: ['instagram_business_manage_insights'] })

  expect(page.status).toBe(200)
  expect(page.text).toContain('@harbour.bakery')
  expect(page.text).toContain('Harbour Bakery · Business account')
  expect(page.text).toContain('27640875392278831')
  expect(page.text).toContain('17841403815449847')
  expect(page.text).toMatch(/class="granted"><span>Read statistics/)
  expect(page.text).toMatch(/class="left-out"><span>Publish posts, reels and stories/)
  expect(page.text).toContain('(in 59 days)')
  expect(page.text).toMatch(/id="token">IGAA\w+</)
  expect(page.text).toMatch(/curl &#39;http[^ ]+\/v26.0\/me\?fields=user_id,username&amp;access_token=IGAA/)
})

test('the code is exchanged once, by one form of five fields, without cookies', async () => {
  await using world = await startWorld()

  await person(world).login()

  const exchanges = world.sandbox.calls.filter(({ endpoint }) => endpoint === 'token')
  expect(exchanges).toHaveLength(1)
  const [exchange] = exchanges
  expect(exchange?.method).toBe('POST')
  expect(exchange?.contentType).toBe('application/x-www-form-urlencoded')
  expect(exchange?.fields.map(([name]) => name).sort()).toStrictEqual([
    'client_id',
    'client_secret',
    'code',
    'grant_type',
    'redirect_uri',
  ])
  expect(exchange?.headers).not.toHaveProperty('cookie')
})

test('any number of tabs can be under way at once', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const links = [await somebody.getStarted(), await somebody.getStarted(), await somebody.getStarted()]
  const callbacks = await Promise.all(links.map((link) => somebody.authorize(link)))

  const pages = []
  for (const callback of callbacks.reverse()) pages.push(await somebody.get(callback))

  expect(pages.map(({ status }) => status)).toStrictEqual([200, 200, 200])
})

test('a connected person who opens the start page sees the account instead', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()

  const page = await somebody.get('/')

  expect(page.text).toContain('@harbour.bakery')
  expect(page.text).not.toContain('Get Started</a>')
})

test('a connected person who opens the callback address by hand sees the account instead', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()

  const page = await somebody.get('/response')

  expect(page.status).toBe(200)
  expect(page.text).toContain('@harbour.bakery')
})

test('connecting another account asks Instagram to log in again, and shows that account', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const first = await somebody.login()
  const another = linkCalled('Connect another account', first.text)

  const old = person(world)
  for (const [name, value] of somebody.cookies) old.cookies.set(name, value)

  const page = await somebody.get(await somebody.authorize(another, { as: 'creator' }))

  expect(new URL(another).searchParams.get('force_reauth')).toBe('true')
  expect(page.text).toContain('@mira.draws')
  expect((await somebody.get('/')).text).toContain('@mira.draws')
  expect((await old.get('/')).text).toContain('Get Started</a>')
})

test('a person who disconnects is forgotten, with the token', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()

  const answer = await somebody.post('/disconnect')

  expect(await world.database.all('SELECT sid FROM sessions')).toStrictEqual([])
  expect([answer.status, answer.get('Location')]).toStrictEqual([303, '/'])
  expect((await somebody.get('/')).text).toContain('Get Started</a>')
  expect(await world.database.all('SELECT * FROM accounts')).toStrictEqual([])
})

test('connecting the same account again replaces its token and keeps one account', async () => {
  await using world = await startWorld()
  const tokenOn = (html: string) => /id="token">(\w+)</.exec(html)?.[1]
  const before = await person(world).login()

  const after = await person(world).login()

  expect(tokenOn(after.text)).not.toBe(tokenOn(before.text))
  expect(await world.database.all('SELECT id FROM accounts')).toStrictEqual([{ id: '27640875392278831' }])
})

test('an app that was restarted still knows who is connected, and finishes logins begun before', async () => {
  await using world = await startWorld()
  const connected = person(world)
  await connected.login()
  const underWay = person(world)
  const callback = await underWay.authorize(await underWay.getStarted())

  world.restart()

  expect((await connected.get('/')).text).toContain('@harbour.bakery')
  expect((await underWay.get(callback)).status).toBe(200)
})

test('the token stays on the server where it is not to be shown', async () => {
  await using world = await startWorld({ SHOW_TOKEN: 'off' })

  const page = await person(world).login()

  expect(page.status).toBe(200)
  expect(page.text).not.toContain('IGAA')
  expect(page.text).toContain('not shown here')
})

test('the picture comes from our own address, for the person it shows only', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()

  const picture = await somebody.get('/picture')
  const stranger = await person(world).get('/picture')

  expect([picture.status, picture.type, stranger.status]).toStrictEqual([200, 'image/png', 404])
})
