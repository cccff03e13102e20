import { DAY_MS, MINUTE_MS } from './facts.ts'

/** A point in time, for programs and for people. */
export interface FormattedTime {
  /** ISO 8601, for `<time datetime>`. */
  iso: string
  /** Day, month and year; within two days of now with the time of day, in UTC. */
  date: string
  /** From now, rounded, such as “in 60 days”. */
  distance: string
}

/** Created at first use: loading the language data takes 10 MB and 14 ms. */
let formats: { date: Intl.DateTimeFormat; distance: Intl.RelativeTimeFormat } | undefined

/** Formats a time as seen from `now`. */
export function formatTime(time: Date, now: Date): FormattedTime {
  formats ??= {
    date: new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }),
    distance: new Intl.RelativeTimeFormat('en'),
  }
  const difference = time.getTime() - now.getTime()
  const isNear = Math.abs(difference) < 2 * DAY_MS
  const minutes = Math.round(Math.abs(difference) / MINUTE_MS)
  const [unit, length] =
    minutes < 120 ? (['minute', 1] as const) : isNear ? (['hour', 60] as const) : (['day', 24 * 60] as const)
  const count = Math.round(minutes / length)
  const iso = time.toISOString()
  return {
    iso,
    date: formats.date.format(time) + (isNear ? `, ${iso.slice(11, 16)} UTC` : ''),
    distance: formats.distance.format(difference < 0 ? -count : count, unit),
  }
}
