/** A point in time, for machines and for people. */
export interface Moment {
  /** As `<time datetime>` has it, in ISO 8601. */
  iso: string
  /** Such as “22 January 2027”; near now with the time of day, in UTC. */
  date: string
  /** From now, such as “in 59 days”. */
  distance: string
}

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const DISTANCE = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' })
const MINUTE_MS = 60 * 1000
const DAY_MS = 24 * 60 * MINUTE_MS

/** A time as seen from `now`: to the minute within two days of it, to the day beyond. */
export function moment(time: Date, now: Date): Moment {
  const near = Math.abs(time.getTime() - now.getTime()) < 2 * DAY_MS
  return {
    iso: time.toISOString(),
    date: near ? `${DATE.format(time)}, ${TIME.format(time)} UTC` : DATE.format(time),
    distance: distance(time, now),
  }
}

function distance(time: Date, now: Date): string {
  const minutes = Math.trunc((time.getTime() - now.getTime()) / MINUTE_MS)
  if (Math.abs(minutes) < 120) return DISTANCE.format(minutes, 'minutes')
  const hours = Math.trunc(minutes / 60)
  return Math.abs(hours) < 48
    ? DISTANCE.format(hours, 'hours')
    : DISTANCE.format(Math.trunc(hours / 24), 'days')
}
