import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../src/sandbox/exchangeAnswer.ts'
import {
  BASIC,
  CLIENT_ID,
  CLIENT_SECRET,
  later,
  NOW,
  PUBLISH,
  REDIRECT_URI,
  refusal,
  settingsFor,
  startClient,
  startServer,
  startWire,
} from './support.ts'

describe('the request', () => {
  test('is one form-encoded POST of exactly five fields', async () => {
    await using wire = await startWire()
    const code = await wire.authorize()

    await wire.instagram.exchangeCode(code)

    const [call, ...more] = wire.sandbox.calls
    expect(more).toStrictEqual([])
    expect(call).toMatchObject({
      endpoint: 'token',
      method: 'POST',
      path: '/oauth/access_token',
      contentType: 'application/x-www-form-urlencoded',
      query: [],
    })
    expect(call?.fields).toHaveLength(5)
    expect(Object.fromEntries(call?.fields ?? [])).toStrictEqual({
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      grant_type: 'authorization_code',
      redirect_uri: REDIRECT_URI,
      code,
    })
  })

  test('carries no credentials outside its body, and nothing of a browser', async () => {
    await using wire = await startWire()

    await wire.instagram.exchangeCode(await wire.authorize())

    const headers = wire.sandbox.calls[0]?.headers ?? {}
    expect(headers.accept).toBe('application/json')
    for (const name of ['authorization', 'cookie', 'origin', 'referer'])
      expect(headers).not.toHaveProperty(name)
  })

  test('carries no cookie even after Instagram set one', async () => {
    await using wire = await startWire()
    const headers = { 'set-cookie': 'csrftoken=crumb; Path=/; Max-Age=31449600' }
    wire.sandbox.answerNext('token', { headers, body: '{}' })
    await refusal(wire.instagram.exchangeCode('AQfirst'))

    await wire.instagram.exchangeCode(await wire.authorize())

    expect(wire.sandbox.calls[1]?.headers).not.toHaveProperty('cookie')
  })

  test('brings a code over as it is, whatever is in it', async () => {
    await using wire = await startWire()
    const code = 'AQ+a b&client_id=1%2B=;\u{1F511}#_'

    await refusal(wire.instagram.exchangeCode(code))

    expect(wire.sandbox.calls[0]?.fields).toHaveLength(5)
    expect(wire.sandbox.calls[0]?.fields).toContainEqual(['code', code])
  })

  test('is not sent again after a refusal', async () => {
    await using wire = await startWire()
    const code = await wire.authorize()
    await wire.instagram.exchangeCode(code)

    const error = await refusal(wire.instagram.exchangeCode(code))

    expect(error.failure).toBe('code_used')
    expect(wire.sandbox.calls).toHaveLength(2)
  })
})

describe('a successful answer', () => {
  const spellings: Omit<Dialect, 'generation'>[] = (['flat', 'data'] as const).flatMap((envelope) =>
    (['array', 'string'] as const).flatMap((permissions) =>
      (['number', 'string'] as const).map((userId) => ({ envelope, permissions, userId })),
    ),
  )

  test.each(spellings)(
    'is read with envelope $envelope, permissions as $permissions, user_id as $userId',
    async (spelling) => {
      await using wire = await startWire()
      wire.sandbox.speak(spelling)

      const grant = await wire.instagram.exchangeCode(await wire.authorize([PUBLISH]))

      expect(grant).toStrictEqual({
        token: {
          kind: 'short_lived',
          accessToken: expect.stringMatching(/^IGAA\w{100,}$/) as string,
          obtainedAt: NOW,
          expiresAt: later(3600),
        },
        userId: '27640875392278831',
        permissions: [BASIC, PUBLISH],
        profile: null,
      })
    },
  )

  test('tells what the person unticked', async () => {
    await using wire = await startWire()

    const grant = await wire.instagram.exchangeCode(await wire.authorize([]))

    expect(grant.permissions).toStrictEqual([BASIC])
  })

  test('of the classic API brings a token without end and the person with it', async () => {
    await using wire = await startWire()
    wire.sandbox.speak({ generation: 'classic' })

    const grant = await wire.instagram.exchangeCode(await wire.authorize())

    expect(grant).toStrictEqual({
      token: {
        kind: 'classic',
        accessToken: expect.stringMatching(/^1574083\.c59cb53\.[\da-f]{32}$/) as string,
        obtainedAt: NOW,
        expiresAt: null,
      },
      userId: '1574083',
      permissions: null,
      profile: {
        id: '1574083',
        userId: null,
        username: 'harbour.bakery',
        name: 'Harbour Bakery',
        accountType: null,
        pictureUrl: `${wire.sandbox.origin}/pictures/business.png`,
      },
    })
  })

  test('of the classic API is read with nothing but an id, a meta object and a token type beside it', async () => {
    await using wire = await startWire()
    const body =
      '{"access_token":"1574083.c59cb53.0f","token_type":"bearer","meta":{"code":200},"user":{"id":27640875392278831}}'
    wire.sandbox.answerNext('token', { body })

    const grant = await wire.instagram.exchangeCode('AQ')

    expect(grant.token).toMatchObject({ kind: 'classic', expiresAt: null })
    expect(grant.profile).toStrictEqual({
      id: '27640875392278831',
      userId: null,
      username: null,
      name: null,
      accountType: null,
      pictureUrl: null,
    })
  })

  test.each([
    ['neither token_type nor expires_in', '', 3600],
    ['token_type', '"token_type":"bearer",', 3600],
    ['token_type null', '"token_type":null,', 3600],
    ['expires_in', '"expires_in":5183944,', 5_183_944],
    ['expires_in as text', '"expires_in":"5183944",', 5_183_944],
    ['both', '"token_type":"bearer","expires_in":1800,', 1800],
  ])('is read with %s', async (_, extra, lifetime) => {
    await using wire = await startWire()
    const body = `{"access_token":"IGAAx",${extra}"user_id":27640875392278831}`
    wire.sandbox.answerNext('token', { body })

    const { token } = await wire.instagram.exchangeCode('AQ')

    expect(token).toStrictEqual({
      kind: 'short_lived',
      accessToken: 'IGAAx',
      obtainedAt: NOW,
      expiresAt: later(lifetime),
    })
  })

  test.each([
    ['', null],
    [',"permissions":null', null],
    [',"permissions":[]', []],
    [',"permissions":""', []],
    [`,"permissions":"${BASIC}"`, [BASIC]],
    [`,"permissions":"${BASIC}, ${PUBLISH}"`, [BASIC, PUBLISH]],
    [`,"permissions":"${BASIC} ${PUBLISH}"`, [BASIC, PUBLISH]],
  ])('with %s tells of the permissions %j', async (extra, permissions) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('token', {
      body: `{"access_token":"IGAAx","user_id":"27640875392278831"${extra}}`,
    })

    const grant = await wire.instagram.exchangeCode('AQ')

    expect(grant.permissions).toStrictEqual(permissions)
  })

  test.each([
    '0',
    '1',
    '9007199254740989',
    '9007199254740990',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '17841403815449847',
    '27640875392278831',
    '18446744073709551617',
  ])('with user_id %s is read to the last digit, as a number and as text', async (id) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('token', { body: `{"access_token":"IGAAx","user_id":${id}}` })
    wire.sandbox.answerNext('token', { body: `{"access_token":"IGAAx","user_id":"${id}"}` })

    const grants = [await wire.instagram.exchangeCode('AQ'), await wire.instagram.exchangeCode('AQ')]

    expect(grants.map(({ userId }) => userId)).toStrictEqual([id, id])
  })

  test('is told by its content, not by its content type', async () => {
    await using wire = await startWire()
    const body = '{"access_token":"IGAAx","user_id":27640875392278831}'
    wire.sandbox.answerNext('token', { contentType: 'text/javascript; charset=UTF-8', body })

    const grant = await wire.instagram.exchangeCode('AQ')

    expect(grant.userId).toBe('27640875392278831')
  })

  test("counts a token's hour from the asking, however long the answer took", async () => {
    let time = NOW
    await using server = await startServer((_, answer) => {
      time = later(9)
      answer.end('{"access_token":"IGAAx","user_id":27640875392278831}')
    })
    await using instagram = startClient(settingsFor(server.origin), () => time)

    const { token } = await instagram.exchangeCode('AQ')

    expect(token).toMatchObject({ obtainedAt: NOW, expiresAt: later(3600) })
  })
})
