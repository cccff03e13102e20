import type { Logger } from 'pino'
import type { Keeping } from './accounts/keeping.ts'
import type { Webhook } from './accounts/webhook.ts'
import { noteInterrupted } from './login/callbacks.ts'
import type { Database } from './storage/database.ts'
import { sweep } from './storage/sweep.ts'
import { createUpkeep, type Upkeep } from './upkeep.ts'

/** What the chores of an app are done with. */
export interface ChoresOptions extends Pick<Keeping, 'refresher' | 'checkKeys'> {
  database: Database
  webhook: Webhook | undefined
  log: Logger
  now: () => Date
}

/** What an app does without being asked. */
export function createChores({ refresher, checkKeys, database, webhook, log, now }: ChoresOptions): Upkeep {
  const stopping = new AbortController()
  let keysChecked = false // Keys change at a start only.
  return createUpkeep({
    log,
    chores: {
      'checking keys': async () => {
        if (!keysChecked) await checkKeys(stopping.signal)
        keysChecked = true
      },
      refreshing: () => refresher.refreshDue(),
      'delivering events': async () => webhook?.deliverDue(),
      'looking for interrupted logins': async () => {
        const count = await noteInterrupted(database, now())
        if (count > 0)
          log.warn({ count }, 'logins were interrupted, and what Instagram gave for them is lost')
      },
      sweeping: () => sweep(database, now(), { events: !webhook }),
    },
    async end() {
      stopping.abort()
      refresher.stop()
      await webhook?.close()
    },
  })
}
