import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../src/facts.ts'
import { formatTime } from '../src/time.ts'

const NOW = new Date('2026-11-24T10:24:36.789Z')

test.each([
  [0, 'in 0 minutes'],
  [-1000, '0 minutes ago'],
  [MINUTE_MS / 2, 'in 1 minute'],
  [MINUTE_MS, 'in 1 minute'],
  [-MINUTE_MS - 1000, '1 minute ago'],
  [119 * MINUTE_MS, 'in 119 minutes'],
  [2 * HOUR_MS - 1, 'in 2 hours'],
  [2 * HOUR_MS, 'in 2 hours'],
  [-2 * HOUR_MS, '2 hours ago'],
  [47.4 * HOUR_MS, 'in 47 hours'],
  [2 * DAY_MS - 1, 'in 48 hours'],
  [2 * DAY_MS, 'in 2 days'],
  [60 * DAY_MS - 5000, 'in 60 days'],
  [59.4 * DAY_MS, 'in 59 days'],
  [-400 * DAY_MS, '400 days ago'],
])('%d ms from now is “%s”', (milliseconds, distance) => {
  expect(formatTime(new Date(NOW.getTime() + milliseconds), NOW).distance).toBe(distance)
})

test('a date within two days has the time of day, another one does not', () => {
  const at = (iso: string) => formatTime(new Date(iso), NOW)

  expect(at('2026-11-26T10:24:36.788Z').date).toBe('26 November 2026, 10:24 UTC')
  expect(at('2026-11-22T10:24:36.790Z').date).toBe('22 November 2026, 10:24 UTC')
  expect(at('2026-11-26T10:24:36.789Z').date).toBe('26 November 2026')
  expect(at('2027-01-01T00:00:00.000Z')).toMatchObject({
    date: '1 January 2027',
    iso: '2027-01-01T00:00:00.000Z',
  })
})
