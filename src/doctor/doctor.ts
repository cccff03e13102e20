import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { escapeControls, type Logger } from '../log.ts'
import { checkChangelog, checkFacts } from './facts.ts'
import { type Finding, type Installation, unknown } from './installation.ts'
import { checkAppId, checkSecret } from './instagram.ts'
import { checkHosts, checkOwnAddress } from './network.ts'
import {
  checkAddresses,
  checkCredentials,
  checkGiven,
  checkListening,
  checkProduction,
  checkRedirectUri,
  checkScopes,
  checkSecrets,
  checkTls,
  type Checked,
} from './settings.ts'
import { checkDatabase, checkKeys } from './storage.ts'

export type { CheckStatus, Finding, Installation, Result } from './installation.ts'

/** Time limit of each check in milliseconds. They run side by side. */
const TIME_LIMIT_MS = 11_000

/**
 * Checks the settings, the network, the storage, and the app at Instagram. Changes nothing; never rejects.
 *
 * @param feed The address of Meta's changelog; left out: it is not read.
 */
export async function examine(installation: Installation, feed?: string): Promise<Finding[]> {
  const findings = await Promise.all([
    withTimeLimit('Redirect URI reachable', checkOwnAddress(installation)),
    withTimeLimit('Instagram’s hosts', checkHosts(installation)),
    withTimeLimit('App ID', checkAppId(installation)),
    withTimeLimit('App secret', checkSecret(installation)),
    withTimeLimit('Database', checkDatabase(installation)),
    withTimeLimit('Token keys', checkKeys(installation)),
    withTimeLimit('Meta’s changelog', checkChangelog(installation, feed)),
  ])
  const all = [checkGiven(installation), checkSettings(installation), findings.flat()].flat()
  // Errors of a database or a network contain foreign text.
  return all.map((finding) => ({ ...finding, says: escapeControls(finding.says) }))
}

/** Checks the settings without any request. */
function checkSettings(installation: Checked): Finding[] {
  return [
    checkCredentials(installation),
    checkScopes(installation),
    checkAddresses(installation),
    checkFacts(installation),
    checkRedirectUri(installation),
    checkProduction(installation),
    checkListening(installation),
    checkTls(installation),
    checkSecrets(installation),
  ].flat()
}

/** Warns of settings that are wrong or risky, or will be soon. */
export function warnOfSettings(config: Config, given: Installation['given'], log: Logger): void {
  const installation = { ...config, config, given, settings: config.instagram, now: () => new Date() }
  for (const { name, outcome, says, fix = '' } of checkSettings(installation))
    if (outcome === 'wrong' || outcome === 'warning') log.warn(`${name}: ${says} ${fix}`)
}

/** The findings of a check; `unknown` if it takes too long or fails. */
async function withTimeLimit(name: string, check: Promise<Finding | Finding[]>): Promise<Finding | Finding[]> {
  const late = unknown(name, `No result after ${TIME_LIMIT_MS / 1000} seconds.`, 'Try again.')
  try {
    return await Promise.race([check, sleep(TIME_LIMIT_MS, late, { ref: false })])
  } catch (error) {
    return unknown(name, `The check failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}
