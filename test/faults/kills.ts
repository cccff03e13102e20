import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arrival, FaultSite } from './site.ts'

/** People who come back at once, and accounts whose refresh is due at a start. */
const AT_ONCE = 6

/** Milliseconds after a call at which the process is killed at the latest: its answer is processed then. */
const AFTER_CALL_MS = 50

/** Milliseconds that a call is waited for. The process may have nothing to do. */
const CALL_LIMIT_MS = 10_000

/** When the process is killed during logins: at any moment, after some calls to Instagram, or at the first success page. */
const MOMENTS = ['any', 'token', 'long_lived', 'me', 'page', 'page'] as const

/** When to stop: after so many kills, or so many milliseconds. */
export interface Limit {
  kills?: number
  timeMs?: number
}

/** Kills the app during logins and refreshes in turn, and looks for the token of everybody who saw a success page. */
export async function runKills(site: FaultSite, { kills = Infinity, timeMs = Infinity }: Limit) {
  const until = performance.now() + timeMs
  const counts = { kills: 0, logins: 0, 'success pages': 0, interrupted: 0, refreshes: 0 }
  const faults = { 'lost tokens': 0, 'refreshed twice': 0, unexplained: 0 }
  let unfinished: Arrival[] = []
  let longestMs = 400

  while (counts.kills < kills && performance.now() < until) {
    site.start()
    if (counts.kills % 2 === 1) await killDuringRefreshes()
    else await killDuringLogins()
    counts.kills += 1
  }
  site.start()
  await site.started()
  await site.prepare(0)
  await reload()
  counts['success pages'] = site.known.people.size
  counts.refreshes = site.refreshes()
  faults['lost tokens'] += (await site.lostPeople(site.known.people)) + (await site.lostAccounts())
  faults['refreshed twice'] = site.refreshedTwice()
  return { ...counts, ...faults }

  async function killDuringLogins(): Promise<void> {
    await site.started()
    await site.prepare(AT_ONCE)
    await reload()
    const arrivals = await site.arrive(AT_ONCE)
    counts.logins += arrivals.length
    const begun = performance.now()
    const pages = arrivals.map((arrival) => site.comeBack(arrival))
    const moment = MOMENTS[randomInt(MOMENTS.length)] ?? 'any'
    if (moment === 'any') await Promise.race([sleep(randomInt(longestMs)), Promise.all(pages)])
    else if (moment === 'page') await Promise.race(pages)
    else await afterCall(moment)
    await site.kill()
    const seen = await Promise.all(pages)
    if (seen.every((page) => page !== undefined)) longestMs = Math.ceil(performance.now() - begun)
    unfinished = arrivals.filter((_, index) => seen[index] === undefined)
  }

  async function killDuringRefreshes(): Promise<void> {
    await afterCall('refresh')
    await site.kill()
  }

  /** Waits until Instagram has been called some times since the start, and for a moment of the answer's processing. */
  async function afterCall(endpoint: string): Promise<void> {
    const nth = randomInt(1, AT_ONCE)
    const limit = performance.now() + CALL_LIMIT_MS
    while (site.callsSinceStart(endpoint).length < nth && performance.now() < limit) await sleep(1)
    await sleep(randomInt(AFTER_CALL_MS))
  }

  /** People whose connection broke reload the page. They see their account, or that the login was interrupted. */
  async function reload(): Promise<void> {
    for (const arrival of unfinished) {
      const page = await site.comeBack(arrival)
      if (page?.status === 503) counts.interrupted += 1
      else if (page?.status !== 200) {
        faults.unexplained += 1
        console.error(`A reloaded callback got ${String(page?.status)}: ${page?.text ?? ''}`)
      }
    }
    unfinished = []
  }
}
