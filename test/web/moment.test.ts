import fc from 'fast-check'
import { expect, test } from 'vitest'
import { moment } from '../../src/web/moment.ts'

const NOW = new Date('2026-11-24T10:24:36.789Z')
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' })

test.each([
  [0, 'in 0 minutes'],
  [-SECOND, '0 minutes ago'],
  [MINUTE, 'in 1 minute'],
  [-MINUTE - SECOND, '1 minute ago'],
  [2 * HOUR - 1, 'in 119 minutes'],
  [2 * HOUR, 'in 2 hours'],
  [-2 * HOUR, '2 hours ago'],
  [2 * DAY - 1, 'in 47 hours'],
  [2 * DAY, 'in 2 days'],
  [60 * DAY - 1, 'in 59 days'],
  [-400 * DAY, '400 days ago'],
])('%d ms from now is “%s”', (milliseconds, distance) => {
  expect(moment(new Date(NOW.getTime() + milliseconds), NOW).distance).toBe(distance)
})

test('a date reads as Britons write it, with the time of day where it is near', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
      fc.integer({ min: -3 * DAY, max: 3 * DAY }),
      (now, milliseconds) => {
        const time = new Date(now.getTime() + milliseconds)

        const { date, iso } = moment(time, now)

        const isNear = Math.abs(milliseconds) < 2 * DAY
        expect(date).toBe(isNear ? `${DATE.format(time)}, ${TIME.format(time)} UTC` : DATE.format(time))
        expect(iso).toBe(time.toISOString())
      },
    ),
  )
})
