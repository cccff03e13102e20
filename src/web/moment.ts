/** A point in time, for machines and for people. */
export interface Moment {
  /** As `<time datetime>` has it, in ISO 8601. */
  iso: string
  /** Such as “22 January 2027”; near now with the time of day, in UTC. */
  date: string
  /** From now, such as “in 59 days”. */
  distance: string
}

// Not by `Intl`: to load what it knows of the world's languages costs 10 MB and 14 ms.
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const MINUTE_MS = 60 * 1000
const DAY_MS = 24 * 60 * MINUTE_MS

/** A time as seen from `now`: to the minute within two days of it, to the day beyond. */
export function moment(time: Date, now: Date): Moment {
  const near = Math.abs(time.getTime() - now.getTime()) < 2 * DAY_MS
  const iso = time.toISOString()
  const date = `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()] ?? ''} ${time.getUTCFullYear()}`
  return { iso, date: near ? `${date}, ${iso.slice(11, 16)} UTC` : date, distance: distance(time, now) }
}

function distance(time: Date, now: Date): string {
  const minutes = Math.floor(Math.abs(time.getTime() - now.getTime()) / MINUTE_MS)
  const hours = Math.floor(minutes / 60)
  const span =
    minutes < 120
      ? counted(minutes, 'minute')
      : hours < 48
        ? counted(hours, 'hour')
        : counted(Math.floor(hours / 24), 'day')
  return time < now ? `${span} ago` : `in ${span}`
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
