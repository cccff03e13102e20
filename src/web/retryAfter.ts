import type { Failure } from '../login/failures.ts'

/** Seconds after which another try makes sense, by failure; for all others it does not pass by itself, or nobody knows when. */
const SECONDS: Partial<Record<Failure, number>> = {
  database_unavailable: 10,
  token_not_kept: 10,
  not_open: 10,
  throttled: 3600,
}

/** The header that says when to try again, where it can be said. */
export function retryAfter(failure: Failure): Readonly<Record<string, string>> {
  const seconds = SECONDS[failure]
  return seconds === undefined ? {} : { 'Retry-After': String(seconds) }
}
