import type { Database } from '../storage/database.ts'

/** Milliseconds after which an event that was claimed and never settled is due again: longer than any call. */
const LEASE_MS = 60_000

/** An event that nobody else sends until the lease runs out. */
export interface Claim {
  id: string
  payload: string
  /** How often it has been sent, this time included. */
  tries: number
  /** When it is due again unless it is settled before; also tells this claim from any other. */
  leasedUntil: number
}

/** Claims the events that are due, oldest first. One indexed query where there are none. */
export async function claimDue(database: Database, limit: number, now: Date): Promise<Claim[]> {
  const leasedUntil = now.getTime() + LEASE_MS
  // A WITH, because PostgreSQL may carry out a subselect more than once, and each time it would lock others.
  const rows = await database.all(
    `WITH due AS (SELECT id FROM events WHERE deliver_at <= $2 ORDER BY deliver_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE events SET deliver_at = $1 WHERE id IN (SELECT id FROM due)
     RETURNING id, payload, created_at, failed_tries`,
    leasedUntil,
    now.getTime(),
    limit,
  )
  return rows
    .sort((one, other) => Number(one['created_at']) - Number(other['created_at']))
    .map((row) => ({
      id: String(row['id']),
      payload: String(row['payload']),
      tries: Number(row['failed_tries']) + 1,
      leasedUntil,
    }))
}

/** Sends the event again later. `false`: the lease had run out, and the event is somebody else's. */
export async function putOff(
  database: Database,
  { id, tries, leasedUntil }: Claim,
  until: number,
): Promise<boolean> {
  const changed = await database.run(
    'UPDATE events SET failed_tries = $3, deliver_at = $4 WHERE id = $1 AND deliver_at = $2',
    id,
    leasedUntil,
    tries,
    until,
  )
  return changed === 1
}

/** Deletes the event undelivered. `false` as for {@link putOff}. */
export async function giveUp(database: Database, { id, leasedUntil }: Claim): Promise<boolean> {
  const deleted = await database.run('DELETE FROM events WHERE id = $1 AND deliver_at = $2', id, leasedUntil)
  return deleted === 1
}
