import type { Request } from 'express'
import { ours } from './ours.ts'

/** What we keep of a browser between its requests. */
export interface Kept {
  /** The account that it is connected to. */
  accountKey?: string
  /** Whoever runs this site, signed in. */
  operator?: { until: number; seal: string }
  /** What the operator is to be told on the next page. */
  notice?: string
}

/** Where that is kept: in a session of ours, or in the session of the app around us. */
export interface Session {
  /** All that is kept now. */
  readonly kept: Readonly<Kept>
  /** Keeps this in its place, before it settles. */
  change(kept: Kept): Promise<void>
  /** Keeps this in its place, before it settles, under a session id that no browser has brought. */
  renew(kept: Kept): Promise<void>
  /** Keeps this in its place, before it settles, where less is kept than before. */
  reduce(kept: Kept): Promise<void>
}

const { find, of, put } = ours<Session>('session')

/** Gives a request its session. */
export const putSession = put

/** What is kept of the browser that this request comes from; nothing, where that is not looked at. */
export function keptOf(request: Request): Readonly<Kept> {
  return find(request)?.kept ?? {}
}

/** Connects this browser to an account. An operator stays signed in. */
export async function signIn(request: Request, accountKey: string): Promise<void> {
  const { accountKey: former, operator } = keptOf(request)
  if (former === accountKey) return
  await of(request).renew({ accountKey, ...(operator && { operator }) })
}

/** Disconnects this browser from its account. Logins that it has under way in other tabs stay good. */
export async function signOut(request: Request): Promise<void> {
  const { operator } = keptOf(request)
  await of(request).reduce(operator ? { operator } : {})
}

/** Makes this browser the operator's. Its account stays connected. */
export async function signInOperator(
  request: Request,
  operator: NonNullable<Kept['operator']>,
): Promise<void> {
  const { accountKey } = keptOf(request)
  await of(request).renew({ operator, ...(accountKey && { accountKey }) })
}

/** The browser is the operator's no more. Its account stays connected. */
export async function signOutOperator(request: Request): Promise<void> {
  const { accountKey } = keptOf(request)
  await of(request).reduce(accountKey ? { accountKey } : {})
}

/** Has the operator told something on their next page. */
export async function tellLater(request: Request, notice: string): Promise<void> {
  await of(request).change({ ...keptOf(request), notice })
}

/** What the operator is to be told now; `null`: nothing. It is told once. */
export async function toldNow(request: Request): Promise<string | null> {
  const { notice, ...kept } = keptOf(request)
  if (notice === undefined) return null
  await of(request).change(kept)
  return notice
}
