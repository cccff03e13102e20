import { describe, expect, test } from 'vitest'
import type { InstagramFailure } from '../../src/instagram/failure.ts'
import { later, refusal, startWire } from './support.ts'

const HTML =
  '<!DOCTYPE html><html lang="en"><title>Instagram</title><p>Sorry, this page isn’t available.</html>'
const GRANT = '{"access_token":"IGAAx","user_id":27640875392278831,"permissions":[]}'

describe('an answer to a code', () => {
  test.each<[what: string, status: number, body: string | Buffer, failure: InstagramFailure]>([
    ['a page', 200, HTML, 'unreadable'],
    ['a page', 403, HTML, 'unreadable'],
    ['a page', 404, HTML, 'unreadable'],
    ['a page', 429, HTML, 'throttled'],
    ['a page', 500, HTML, 'unavailable'],
    ['a page', 502, HTML, 'unavailable'],
    ['a page', 503, HTML, 'unavailable'],
    ['nothing', 200, '', 'unreadable'],
    ['nothing', 204, '', 'unreadable'],
    ['nothing', 304, '', 'unreadable'],
    ['nothing', 400, '', 'unreadable'],
    ['nothing', 429, '', 'throttled'],
    ['nothing', 500, '', 'unavailable'],
    ['half a grant', 200, GRANT.slice(0, 40), 'unreadable'],
    ['two grants', 200, GRANT + GRANT, 'unreadable'],
    ['bytes that are no text', 200, Buffer.from('1f8b08000000000000ff', 'hex'), 'unreadable'],
    ['a form', 200, 'access_token=IGAAx&user_id=27640875392278831', 'unreadable'],
    ['half a million brackets', 200, '['.repeat(500_000) + ']'.repeat(500_000), 'unreadable'],
    ['null', 200, 'null', 'unreadable'],
    ['null', 400, 'null', 'refused'],
    ['a number', 200, '27640875392278831', 'unreadable'],
    ['text', 200, '"IGAAx"', 'unreadable'],
    ['true', 200, 'true', 'unreadable'],
    ['an empty list', 200, '[]', 'unreadable'],
    ['a grant in a list', 200, `[${GRANT}]`, 'unreadable'],
    ['an empty object', 200, '{}', 'unreadable'],
    ['an empty object', 400, '{}', 'refused'],
    ['an empty object', 401, '{}', 'refused'],
    ['an empty object', 429, '{}', 'throttled'],
    ['an empty object', 503, '{}', 'unavailable'],
    ['an error of another standard', 400, '{"error":"invalid_grant","error_description":"no"}', 'refused'],
    ['an error without words', 400, '{"error":{}}', 'refused'],
    ['an empty data list', 200, '{"data":[]}', 'unreadable'],
    ['data with nothing in it', 200, '{"data":[null]}', 'unreadable'],
    ['data that is no list', 200, `{"data":${GRANT}}`, 'unreadable'],
    ['data in data', 200, `{"data":[{"data":[${GRANT}]}]}`, 'unreadable'],
    ['a grant', 302, GRANT, 'unreadable'],
    ['a grant', 400, GRANT, 'refused'],
    ['a grant', 429, GRANT, 'throttled'],
    ['a grant', 500, GRANT, 'unavailable'],
    ['no token', 200, '{"user_id":27640875392278831}', 'unreadable'],
    ['a token of no length', 200, '{"access_token":"","user_id":27640875392278831}', 'unreadable'],
    ['a token that is null', 200, '{"access_token":null,"user_id":27640875392278831}', 'unreadable'],
    ['a token that is a number', 200, '{"access_token":7,"user_id":27640875392278831}', 'unreadable'],
    ['a token that is a list', 200, '{"access_token":["IGAAx"],"user_id":27640875392278831}', 'unreadable'],
    ['no user_id', 200, '{"access_token":"IGAAx"}', 'unreadable'],
    ...[
      'null',
      'true',
      '{}',
      '{"id":"27640875392278831"}',
      '["27640875392278831"]',
      '""',
      '"a_person"',
      '" 27640875392278831"',
      '"-27640875392278831"',
      '"2.7e16"',
      '-1',
      '-27640875392278831',
      '1.5',
      '27640875392278831.5',
      '1e21',
      '2.7640875392278831e16',
    ].map(
      (id) =>
        [`user_id ${id}`, 200, `{"access_token":"IGAAx","user_id":${id}}`, 'unreadable'] as [
          string,
          number,
          string,
          InstagramFailure,
        ],
    ),
    [
      'a classic user without an id',
      200,
      '{"access_token":"1.c.0","user":{"username":"a_person"}}',
      'unreadable',
    ],
    ['a classic user without a token', 200, '{"user":{"id":"1574083"}}', 'unreadable'],
    ['a classic user that is null', 200, '{"access_token":"1.c.0","user":null}', 'unreadable'],
  ])('that is %s, with status %i, is a failure', async (_, status, body, failure) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('token', { status, contentType: 'text/html', body })

    const error = await refusal(wire.instagram.exchangeCode('AQ'))

    const endpoint = `${wire.sandbox.origin}/oauth/access_token`
    expect(error.failure).toBe(failure)
    expect(error.evidence).toEqual({ endpoint, status, contentType: 'text/html' })
    expect(error.message).toBe(`${error.reason}: ${endpoint} answered ${status}`)
    expect(wire.sandbox.calls).toHaveLength(1)
  })

  test('that leads elsewhere is not followed', async () => {
    await using wire = await startWire()
    const headers = { location: `${wire.sandbox.origin}/v26.0/me` }
    for (const status of [301, 302, 303, 307, 308])
      wire.sandbox.answerNext('token', { status, headers, body: '' })

    const failures: string[] = []
    for (let count = 0; count < 5; count++)
      failures.push((await refusal(wire.instagram.exchangeCode('AQ'))).failure)

    expect(failures).toStrictEqual(Array.from({ length: 5 }, () => 'unreadable'))
    expect(wire.sandbox.calls.map(({ endpoint }) => endpoint)).toStrictEqual(
      Array.from({ length: 5 }, () => 'token'),
    )
  })

  test.each(['"expires_in":9007199254740991', '"expires_in":0', '"expires_in":null', '"permissions":[1]'])(
    'that says something odd beside the token, %s, loses no token',
    async (oddity) => {
      await using wire = await startWire()
      const body = `{"access_token":"IGAAx","user_id":27640875392278831,${oddity}}`
      wire.sandbox.answerNext('token', { body })

      const { token } = await wire.instagram.exchangeCode('AQ')

      expect(token).toMatchObject({ accessToken: 'IGAAx', expiresAt: later(3600) })
    },
  )
})

test('a long-lived exchange that leads elsewhere takes neither the token nor the secret there', async () => {
  await using wire = await startWire()
  await using elsewhere = await startWire()
  const headers = { location: `${elsewhere.sandbox.origin}/access_token` }
  wire.sandbox.answerNext('long_lived', { status: 302, headers, body: '' })

  const error = await refusal(wire.instagram.exchangeForLongLived('IGAAx'))

  expect(error.failure).toBe('unreadable')
  expect(wire.sandbox.calls).toHaveLength(1)
  expect(elsewhere.sandbox.calls).toStrictEqual([])
})
