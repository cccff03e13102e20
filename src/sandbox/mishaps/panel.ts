import type { FailureGroup } from '../pages.ts'
import { type Mishap, type Place, PLACES, TITLES } from './mishap.ts'
import { MISHAPS } from './mishaps.ts'

/** All mishaps as the authorize page offers them. `chosen`: the key of the one that was sent. */
export function failureGroups(chosen?: string): FailureGroup[] {
  const places = Object.entries(PLACES) as [Place, string][]
  return places.map(([at, place]) => ({
    place,
    failures: MISHAPS.filter((mishap) => mishap.at === at).map((mishap) => ({
      key: keyOf(mishap),
      title: mishap.variant === 'usual' ? TITLES[mishap.name] : `${TITLES[mishap.name]} (${mishap.variant})`,
      chosen: keyOf(mishap) === chosen,
    })),
  }))
}

/** What a form asks for by key: null is nothing, and undefined what is not on the list. */
export function readFailure(key = ''): Mishap | null | undefined {
  return key === '' ? null : MISHAPS.find((mishap) => keyOf(mishap) === key)
}

function keyOf({ at, name, variant }: Mishap): string {
  return `${at}/${name}/${variant}`
}
