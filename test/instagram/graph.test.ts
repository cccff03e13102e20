import { describe, expect, test } from 'vitest'
import { CLIENT_SECRET, later, NOW, refusal, startWire } from './support.ts'

describe('the long-lived exchange', () => {
  test('is one GET without a version, and brings a token of 60 days', async () => {
    await using wire = await startWire()
    const grant = await wire.instagram.exchangeCode(await wire.authorize())
    const short = grant.token.accessToken

    const token = await wire.instagram.exchangeForLongLived(short)

    expect(token).toStrictEqual({
      kind: 'long_lived',
      accessToken: expect.stringMatching(/^IGAA\w{100,}$/) as string,
      obtainedAt: NOW,
      expiresAt: later(5_183_944),
    })
    expect(token.accessToken).not.toBe(short)
    expect(wire.sandbox.calls).toHaveLength(2)
    expect(wire.sandbox.calls[1]).toMatchObject({ method: 'GET', path: '/access_token', body: '' })
    expect(wire.sandbox.calls[1]?.query).toStrictEqual([
      ['grant_type', 'ig_exchange_token'],
      ['client_secret', CLIENT_SECRET],
      ['access_token', short],
    ])
    expect(wire.sandbox.calls[1]?.headers).not.toHaveProperty('cookie')
  })

  test.each([
    ['a whole number', '{"access_token":"IGAAy","token_type":"bearer","expires_in":5184000}', 5_184_000],
    ['text', '{"access_token":"IGAAy","token_type":"bearer","expires_in":"5183828"}', 5_183_828],
    ['a number, and token_type missing', '{"access_token":"IGAAy","expires_in":1}', 1],
  ])('reads a lifetime given as %s', async (_, body, lifetime) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('long_lived', { body })

    const token = await wire.instagram.exchangeForLongLived('IGAAx')

    expect(token).toMatchObject({ accessToken: 'IGAAy', expiresAt: later(lifetime) })
  })

  test('may give the same token again', async () => {
    await using wire = await startWire()
    wire.sandbox.answerNext('long_lived', { body: '{"access_token":"IGAAx","expires_in":5183944}' })

    const token = await wire.instagram.exchangeForLongLived('IGAAx')

    expect(token.accessToken).toBe('IGAAx')
  })

  test.each([
    ['no token', '{"token_type":"bearer","expires_in":5183944}'],
    ['an empty token', '{"access_token":"","expires_in":5183944}'],
    ['no lifetime left', '{"access_token":"IGAAy","expires_in":0}'],
    ['a lifetime that is over', '{"access_token":"IGAAy","expires_in":-5}'],
    ['a lifetime in words', '{"access_token":"IGAAy","expires_in":"60 days"}'],
    ['half a second', '{"access_token":"IGAAy","expires_in":0.5}'],
    ['a list', '[{"access_token":"IGAAy","expires_in":5183944}]'],
    ['null', 'null'],
  ])('does not take %s for a token', async (_, body) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('long_lived', { body })

    const error = await refusal(wire.instagram.exchangeForLongLived('IGAAx'))

    expect(error.failure).toBe('unreadable')
    expect(error.evidence).toStrictEqual({
      endpoint: `${wire.sandbox.origin}/access_token`,
      status: 200,
      contentType: 'application/json',
    })
  })

  test('with a wrong secret is the operator’s fault', async () => {
    await using wire = await startWire()
    const { token } = await wire.instagram.exchangeCode(await wire.authorize())
    await using other = await startWire({ graphUrl: wire.sandbox.graphUrl, clientSecret: 'not-the-secret' })

    const error = await refusal(other.instagram.exchangeForLongLived(token.accessToken))

    expect(error.failure).toBe('app_misconfigured')
    expect(error.evidence).toMatchObject({ code: 100, message: 'Error validating client secret.' })
  })

  test('of a token that is long-lived already is refused', async () => {
    await using wire = await startWire()
    const { token } = await wire.instagram.exchangeCode(await wire.authorize())
    const long = await wire.instagram.exchangeForLongLived(token.accessToken)

    const error = await refusal(wire.instagram.exchangeForLongLived(long.accessToken))

    expect(error.failure).toBe('already_long_lived')
    expect(error.evidence.message).toMatch(/^Session key invalid/)
  })
})

test('a long-lived token without its lifetime is kept, and believed to have 59 days', async () => {
  await using wire = await startWire()
  wire.sandbox.answerNext('long_lived', { body: '{"data":[{"access_token":"IGAAy","token_type":"bearer"}]}' })

  const token = await wire.instagram.exchangeForLongLived('IGAAx')

  expect(token).toMatchObject({ accessToken: 'IGAAy', expiresAt: later(59 * 24 * 3600) })
})

describe('the profile', () => {
  test('is asked for by one GET of /me under the version that is set', async () => {
    await using wire = await startWire({ graphVersion: 'v25.0' })
    const { token } = await wire.instagram.exchangeCode(await wire.authorize())

    const profile = await wire.instagram.profile(token.accessToken)

    expect(profile).toStrictEqual({
      id: '27640875392278831',
      userId: '17841403815449847',
      username: 'harbour.bakery',
      name: 'Harbour Bakery',
      accountType: 'BUSINESS',
      pictureUrl: `${wire.sandbox.origin}/pictures/business.png`,
    })
    expect(wire.sandbox.calls).toHaveLength(2)
    expect(wire.sandbox.calls[1]).toMatchObject({ method: 'GET', path: '/v25.0/me', body: '' })
    expect(wire.sandbox.calls[1]?.query).toStrictEqual([
      ['fields', 'id,user_id,username,name,account_type,profile_picture_url'],
      ['access_token', token.accessToken],
    ])
  })

  const WHOLE =
    '"user_id":"17841403815449847","username":"a_person","account_type":"BUSINESS","media_count":0'

  test.each([
    ['flat, ids as text', `{${WHOLE},"id":"27640875392278831"}`],
    [
      'flat, ids as numbers',
      '{"user_id":17841403815449847,"username":"a_person","account_type":"BUSINESS","id":27640875392278831}',
    ],
    ['in data', `{"data":[{${WHOLE},"id":"27640875392278831"}]}`],
    [
      'in data, ids as numbers',
      '{"data":[{"user_id":17841403815449847,"username":"a_person","account_type":"BUSINESS","id":27640875392278831}]}',
    ],
    ['in data beside paging', `{"data":[{${WHOLE},"id":"27640875392278831"}],"paging":{}}`],
  ])('is read %s', async (_, body) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('me', { body })

    const profile = await wire.instagram.profile('IGAAx')

    expect(profile).toStrictEqual({
      id: '27640875392278831',
      userId: '17841403815449847',
      username: 'a_person',
      name: null,
      accountType: 'BUSINESS',
      pictureUrl: null,
    })
  })

  test.each([
    ['nothing else', '{"id":"6489782497758472"}'],
    [
      'everything else null',
      '{"id":6489782497758472,"user_id":null,"username":null,"name":null,"account_type":null,"profile_picture_url":null}',
    ],
    [
      'everything else empty or of another type',
      '{"id":"6489782497758472","username":"","name":7,"account_type":[],"profile_picture_url":{}}',
    ],
  ])('with an id and %s has an id and nothing else', async (_, body) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('me', { body })

    const profile = await wire.instagram.profile('IGAAx')

    expect(profile).toStrictEqual({
      id: '6489782497758472',
      userId: null,
      username: null,
      name: null,
      accountType: null,
      pictureUrl: null,
    })
  })

  test.each([
    ['no id', '{"username":"a_person"}'],
    ['an id that is null', '{"id":null}'],
    ['an id in words', '{"id":"a_person"}'],
    ['an id with a fraction', '{"id":27640875392278831.5}'],
    ['an empty list', '{"data":[]}'],
    ['a list of nothing', '{"data":[null]}'],
    ['nothing', 'null'],
  ])('without an id is none: %s', async (_, body) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('me', { body })

    const error = await refusal(wire.instagram.profile('IGAAx'))

    expect(error.failure).toBe('unreadable')
    expect(error.evidence.endpoint).toBe(`${wire.sandbox.origin}/v26.0/me`)
  })

  test('may lack the app-scoped id, as in Meta’s own example', async () => {
    await using wire = await startWire()
    wire.sandbox.answerNext('me', { body: '{"data":[{"user_id":17841403815449847,"username":"a_person"}]}' })

    const profile = await wire.instagram.profile('IGAAx')

    expect(profile).toMatchObject({ id: null, userId: '17841403815449847', username: 'a_person' })
  })

  test('of a token that Instagram never gave away is refused', async () => {
    await using wire = await startWire()

    const error = await refusal(wire.instagram.profile('IGAAmade-up'))

    expect(error.failure).toBe('token_invalid')
    expect(error.evidence).toMatchObject({ status: 400, type: 'OAuthException', code: 190 })
    expect(error.evidence.traceId).toMatch(/^A[\w-]{22}$/)
  })

  test('under a version that Instagram no longer serves is refused', async () => {
    await using wire = await startWire({ graphVersion: 'v19.0' })
    const { token } = await wire.instagram.exchangeCode(await wire.authorize())

    const error = await refusal(wire.instagram.profile(token.accessToken))

    expect(error.failure).toBe('refused')
    expect(error.evidence).toMatchObject({ status: 400, code: 2500 })
  })
})
