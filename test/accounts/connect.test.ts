import { expect, test } from 'vitest'
import { connectAccount } from '../../src/accounts/connect.ts'
import { BASIC, later, NOW, PUBLISH, refusal, startWire } from '../instagram/support.ts'
import { startKeeping } from './support.ts'

const ASKED = [BASIC, PUBLISH]
const REFUSED = { status: 400, body: '{"error":{"message":"Cannot parse access token","code":190}}' }

test('a code becomes an account with a profile and a token of 60 days', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()
  const code = await wire.authorize([])

  const connection = await connectAccount(wire.instagram, keeping.accounts, ASKED, code)

  expect(connection.failures).toStrictEqual([])
  expect(connection.account).toMatchObject({
    id: '27640875392278831',
    userId: '17841403815449847',
    username: 'harbour.bakery',
    name: 'Harbour Bakery',
    accountType: 'BUSINESS',
    pictureUrl: `${wire.sandbox.origin}/pictures/business.png`,
    profileReadAt: NOW,
    permissions: [BASIC],
    askedScopes: ASKED,
    tokenKind: 'long_lived',
    tokenExpiresAt: later(5_183_944),
  })
  expect(wire.sandbox.calls.map(({ endpoint }) => endpoint).sort()).toStrictEqual([
    'long_lived',
    'me',
    'token',
  ])
})

test('the token that is kept is the one that Instagram gave last', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()

  const { account } = await connectAccount(wire.instagram, keeping.accounts, ASKED, await wire.authorize())

  const kept = (await keeping.accounts.accessToken(account.key)) ?? ''
  const sent = wire.sandbox.calls.flatMap(({ query }) => query.map(([, value]) => value))
  expect(sent).not.toContain(kept)
  expect(await wire.instagram.profile(kept)).toMatchObject({ id: account.id })
})

test('without a long-lived token the short-lived one is kept', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()
  wire.sandbox.answerNext('long_lived', REFUSED)
  const code = await wire.authorize()

  const { account, failures } = await connectAccount(wire.instagram, keeping.accounts, ASKED, code)

  expect(failures.map(({ failure, evidence }) => [failure, evidence.endpoint])).toStrictEqual([
    ['token_invalid', `${wire.sandbox.origin}/access_token`],
  ])
  expect(account).toMatchObject({ tokenKind: 'short_lived', tokenExpiresAt: later(3600) })
  expect(account).toMatchObject({ username: 'harbour.bakery', profileReadAt: NOW })
  const kept = (await keeping.accounts.accessToken(account.key)) ?? ''
  expect(await wire.instagram.profile(kept)).toMatchObject({ id: account.id })
})

test('without a profile the id that came with the token is kept', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()
  wire.sandbox.answerNext('me', REFUSED)
  const code = await wire.authorize()

  const { account, failures } = await connectAccount(wire.instagram, keeping.accounts, ASKED, code)

  expect(failures.map(({ failure, evidence }) => [failure, evidence.endpoint])).toStrictEqual([
    ['token_invalid', `${wire.sandbox.origin}/v26.0/me`],
  ])
  expect(account).toMatchObject({
    id: '27640875392278831',
    userId: null,
    username: null,
    profileReadAt: null,
  })
  expect(account).toMatchObject({ tokenKind: 'long_lived', permissions: [BASIC] })
})

test('without either there is still an account with a token for an hour', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()
  wire.sandbox.answerNext('long_lived', { fault: 'reset' })
  wire.sandbox.answerNext('me', { status: 503, contentType: 'text/html', body: '<h1>Sorry</h1>' })
  const code = await wire.authorize()

  const { account, failures } = await connectAccount(wire.instagram, keeping.accounts, ASKED, code)

  expect(failures.map(({ failure }) => failure)).toStrictEqual(['unreachable', 'unavailable'])
  expect(account).toMatchObject({ id: '27640875392278831', tokenKind: 'short_lived', profileReadAt: null })
  expect(await keeping.accounts.accessToken(account.key)).toMatch(/^IGAA/)
})

test('a profile that was known stays when it cannot be read at the next login', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()
  const first = await connectAccount(wire.instagram, keeping.accounts, ASKED, await wire.authorize())
  wire.sandbox.answerNext('me', { fault: 'truncated' })

  const again = await connectAccount(wire.instagram, keeping.accounts, ASKED, await wire.authorize())

  expect(again.failures.map(({ failure }) => failure)).toStrictEqual(['unreadable'])
  expect(again.account).toMatchObject({ key: first.account.key, username: 'harbour.bakery' })
  expect(await keeping.count()).toBe(1)
})

test('a profile that could not be read at first completes the same account at the next login', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()
  wire.sandbox.answerNext('me', REFUSED)
  const first = await connectAccount(wire.instagram, keeping.accounts, ASKED, await wire.authorize())

  const again = await connectAccount(wire.instagram, keeping.accounts, ASKED, await wire.authorize())

  expect(again.failures).toStrictEqual([])
  expect(again.account).toMatchObject({ key: first.account.key, username: 'harbour.bakery' })
  expect(await keeping.count()).toBe(1)
})

test('a classic token is all that there is: neither a long-lived token nor a profile is asked for', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()
  wire.sandbox.speak({ generation: 'classic' })
  const code = await wire.authorize()

  const { account, failures } = await connectAccount(wire.instagram, keeping.accounts, ASKED, code)

  expect(failures).toStrictEqual([])
  expect(wire.sandbox.calls.map(({ endpoint }) => endpoint)).toStrictEqual(['token'])
  expect(account).toMatchObject({
    id: '1574083',
    userId: null,
    username: 'harbour.bakery',
    permissions: null,
  })
  expect(account).toMatchObject({ tokenKind: 'classic', tokenExpiresAt: null, profileReadAt: NOW })
  expect(await keeping.accounts.accessToken(account.key)).toMatch(/^1574083\.c59cb53\.[\da-f]{32}$/)
})

test('two people are two accounts', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()
  const codes = [await wire.authorize([], 'business'), await wire.authorize([], 'creator')]

  const both = await Promise.all(
    codes.map((code) => connectAccount(wire.instagram, keeping.accounts, ASKED, code)),
  )

  expect(both.map(({ account }) => account.username)).toStrictEqual(['harbour.bakery', 'mira.draws'])
  expect(await keeping.count()).toBe(2)
})

test('a code that Instagram refuses connects nobody and calls nothing else', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()
  const code = await wire.authorize()
  await connectAccount(wire.instagram, keeping.accounts, ASKED, code)
  const before = wire.sandbox.calls.length

  const error = await refusal(connectAccount(wire.instagram, keeping.accounts, ASKED, code))

  expect(error.failure).toBe('code_used')
  expect(wire.sandbox.calls.slice(before).map(({ endpoint }) => endpoint)).toStrictEqual(['token'])
  expect(await keeping.count()).toBe(1)
})

test('a database that is gone is no failure of Instagram’s, and is not hidden', async () => {
  await using wire = await startWire()
  await using keeping = await startKeeping()
  await keeping.database.close()

  const connecting = connectAccount(wire.instagram, keeping.accounts, ASKED, await wire.authorize())

  await expect(connecting).rejects.toThrow()
  await expect(connecting).rejects.not.toHaveProperty('failure')
})
