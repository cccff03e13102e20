import { onTestFinished, vi } from 'vitest'
import type { Account } from '../../src/accounts/account.ts'
import { accountOf } from '../../src/accounts/accountRow.ts'
import type { EventType } from '../../src/accounts/events.ts'
import type { Misbehaviour } from '../../src/sandbox/misbehaviour.ts'
import type { World } from '../support/world.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** What somebody gets whose Instagram is out of order. */
export const OUT_OF_ORDER: Misbehaviour = { status: 500, body: 'Sorry, something went wrong.' }

/** What Instagram says to a call with this error, as the Graph API shapes it. */
export function graphError(code: number, message: string, status = 400): Misbehaviour {
  const body = JSON.stringify({ error: { message, type: 'OAuthException', code, fbtrace_id: 'AtraceId' } })
  return { status, body }
}

/** The connected accounts as they stand, in the order of their ids. */
export async function accountsOf({ database }: Pick<World, 'database'>): Promise<Account[]> {
  const rows = await database.all('SELECT * FROM accounts ORDER BY id')
  return rows.map(accountOf)
}

/** The one account that is connected. */
export async function onlyAccount(world: Pick<World, 'database'>): Promise<Account> {
  const [account, ...others] = await accountsOf(world)
  if (!account || others.length > 0) throw new Error(`${others.length + (account ? 1 : 0)} accounts, not one`)
  return account
}

/** The tokens that were to be refreshed, in the order in which the calls came. */
export function refreshedTokens({ sandbox }: Pick<World, 'sandbox'>): string[] {
  return sandbox.calls
    .filter((call) => call.endpoint === 'refresh')
    .map((call) => new Map(call.query).get('access_token') ?? '')
}

/** How many refreshes were asked for. */
export function refreshCount(world: Pick<World, 'sandbox'>): number {
  return refreshedTokens(world).length
}

/** The names of all that happened, in order. */
export function happened({ events }: Pick<World, 'events'>): EventType[] {
  return events.map(({ type }) => type)
}

/** The lines of the log with this message, as objects. */
export function logged({ log }: Pick<World, 'log'>, message: string): Record<string, unknown>[] {
  return log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['msg'] === message)
}

/** Goes on for so long, with a round of upkeep after every step. */
export async function live(world: World, milliseconds: number, step = DAY): Promise<void> {
  for (let left = milliseconds; left > 0; left -= step) {
    world.pass(Math.min(step, left))
    await world.upkeep()
  }
}

/** Every refresh from now on answers this, for as many calls as a test can make. */
export function refuseRefreshes(
  { sandbox }: Pick<World, 'sandbox'>,
  answer: Misbehaviour,
  calls = 400,
): void {
  for (let call = 0; call < calls; call += 1) sandbox.answerNext('refresh', answer)
}

/** The token on the page of a connected person. */
export function tokenOn(page: string): string {
  return /id="token">([^<]+)</.exec(page)?.[1] ?? ''
}

/** express-session reads the system's clock, whatever clock our app has: it is set to the world's for the rest of this test. */
export function setSystemClock({ now }: Pick<World, 'now'>): void {
  vi.useFakeTimers({ toFake: ['Date'], now: now() })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}
