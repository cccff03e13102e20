import { expect, test } from 'vitest'
import { graphErrorOf, startBench } from './support.ts'

const FIELDS = 'caption,media_type,media_url,permalink,timestamp'

test('tells what somebody posted, with the asked fields and the id, the newest first', async () => {
  await using bench = await startBench()
  const access_token = await bench.longLived()

  const answer = await bench.graph('/v26.0/me/media', { fields: FIELDS, access_token })

  const { data } = (await answer.json()) as { data: Record<string, string>[] }
  expect(data).toHaveLength(4)
  expect(Object.keys(data[0] ?? {}).toSorted()).toEqual([...FIELDS.split(','), 'id'].toSorted())
  const times = data.map(({ timestamp = '' }) => Date.parse(timestamp))
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  const picture = await fetch(data[0]?.['media_url'] ?? '')
  expect(picture.headers.get('content-type')).toBe('image/png')
})

test('refuses posts to who has no token, and fields that posts do not have', async () => {
  await using bench = await startBench()
  const access_token = await bench.longLived()

  const stranger = await bench.graph('/v26.0/me/media', {})
  const unknown = await bench.graph('/v26.0/me/media', { fields: 'followers_count', access_token })
  const old = await bench.graph('/v21.0/me/media', { access_token })

  expect(await graphErrorOf(stranger)).toMatchObject({ code: 190 })
  expect(await graphErrorOf(unknown)).toMatchObject({
    message: '(#100) Tried accessing nonexisting field (followers_count) on node type (IGMedia)',
  })
  expect(await graphErrorOf(old)).toMatchObject({ code: 2500 })
})
