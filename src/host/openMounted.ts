import type { RequestHandler } from 'express'
import { createAccess, type InstagramAccess } from './access.ts'
import { createApp } from '../app.ts'
import { open } from '../opening.ts'
import type { ReadOptions } from './readOptions.ts'

/** What a mounted app has once it is open. */
export interface OpenMounted {
  /** Everything of ours. */
  site: RequestHandler
  /** Closes all of it. */
  access: InstagramAccess
}

/**
 * Opens what options name, with pages.
 *
 * @throws Error in a sentence for the operator: the database, or the file of a secret, cannot be had
 */
export async function openMounted(options: ReadOptions): Promise<OpenMounted> {
  const { settings, log, now, listeners, upkeep, reconnectUrl, hooks } = options
  const opened = await open(settings, now)
  const { database, instagram, settings: config } = opened
  const { site, core } = createApp({
    config,
    database,
    instagram,
    log,
    now,
    listeners,
    reconnectUrl,
    hooks,
  })
  if (upkeep) core.upkeep.start()
  return { site, access: createAccess(core, () => opened.close()) }
}
