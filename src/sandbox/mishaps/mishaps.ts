import type { Misbehaviour } from '../misbehaviour.ts'
import type { CallMishap, CallPlace, Mishap, MishapName, Place, Variants } from './mishap.ts'
import { ON_ANY_CALL } from './onAnyCall.ts'
import { ON_ANY_GRAPH } from './onAnyGraph.ts'
import { ON_CALLBACK } from './onCallback.ts'
import { ON_EXCHANGE } from './onExchange.ts'
import { ON_LONG_LIVED, ON_ME, ON_REFRESH } from './onGraph.ts'
import { ON_PAGE } from './onPage.ts'
import { ON_TOO_MANY_CALLS } from './throttling.ts'

/** Everything that can be made to go wrong, each form in each place, in the order of a login. */
export const MISHAPS: readonly Mishap[] = [
  ...formsIn(ON_PAGE).map(([form, message]) => ({ ...form, at: 'authorize' as const, message })),
  ...formsIn(ON_CALLBACK).map(([form, detour]) => ({ ...form, at: 'callback' as const, detour })),
  ...callsGoWrong('exchange', ON_EXCHANGE, ON_ANY_CALL),
  ...callsGoWrong('long_lived', ON_LONG_LIVED, ON_ANY_GRAPH, ON_TOO_MANY_CALLS, ON_ANY_CALL),
  ...callsGoWrong('me', ON_ME, ON_ANY_GRAPH, ON_TOO_MANY_CALLS, ON_ANY_CALL),
  ...callsGoWrong('refresh', ON_REFRESH, ON_ANY_GRAPH, ON_TOO_MANY_CALLS, ON_ANY_CALL),
]

/** Which of the forms of something that goes wrong, and where. What is left out is the first that there is. */
export interface Which {
  /** Where it goes wrong. */
  at?: Place | undefined
  /** Such as `subcode 463`. */
  variant?: string | undefined
}

/** @throws Error for a place or variant that this does not have */
export function findMishap(name: MishapName, { at, variant }: Which = {}): Mishap {
  const mishap = MISHAPS.find(
    (known) =>
      known.name === name && (at ?? known.at) === known.at && (variant ?? known.variant) === known.variant,
  )
  if (!mishap) {
    throw new Error(`The sandbox knows no "${name}" at ${at ?? 'any place'}, ${variant ?? 'of any kind'}`)
  }
  return mishap
}

function callsGoWrong(at: CallPlace, ...tables: readonly Variants<Misbehaviour>[]): CallMishap[] {
  return tables.flatMap(formsIn).map(([form, answer]) => ({ ...form, at, answer }))
}

function formsIn<Happening>(
  table: Variants<Happening>,
): [form: { name: MishapName; variant: string }, Happening][] {
  const entries = Object.entries(table) as [MishapName, Readonly<Record<string, Happening>>][]
  return entries.flatMap(([name, variants]) =>
    Object.entries(variants).map(
      ([variant, happening]): [{ name: MishapName; variant: string }, Happening] => [
        { name, variant },
        happening,
      ],
    ),
  )
}
