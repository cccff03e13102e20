import { createAccess, type InstagramAccess } from './access.ts'
import { createCore } from '../core.ts'
import { open } from '../opening.ts'
import type { AccessOptions } from './options.ts'
import { pagesMistakes } from './optionsSchema.ts'
import { readOptions } from './readOptions.ts'

/**
 * Opens logins with Instagram and the accounts that they connected, without any pages. Any number can be open in one process, with
 * different settings and databases, and never meet. Until it is closed it refreshes tokens in time, and keeps the process alive for that.
 *
 * ```ts
 * await using instagram = await openInstagram({ clientId, clientSecret, redirectUri })
 * const { url, browser } = instagram.beginLogin() // send the person there; keep `browser` in a cookie
 * const { account } = await instagram.finishLogin({ callback: request.url, browser })
 * const { accessToken } = await instagram.accounts.token(account.key)
 * ```
 *
 * @throws {ConfigError} for mistakes in options, all at once
 * @throws Error in a sentence for the operator: the database, or the file of a secret, cannot be had
 */
export async function openInstagram(options: AccessOptions): Promise<InstagramAccess> {
  const read = readOptions(options, undefined, pagesMistakes)
  const { settings, log, now, listeners, upkeep, reconnectUrl = () => null } = read
  const opened = await open(settings, now)
  const core = createCore({ ...opened, log, now, listeners, reconnectUrl })
  if (upkeep) core.upkeep.start()
  return createAccess(core, () => opened.close())
}
