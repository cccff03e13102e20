import type { Entry, Explanation, Mender, Place, Sign } from '../instagram/catalogue/entry.ts'
import { catalogue, type FailureName } from '../instagram/catalogue/catalogue.ts'
import { type Failure, explanations } from '../login/failures.ts'

/** A failure as the pages of help show it. */
export interface HelpEntry extends Explanation {
  /** By which programs know it. */
  name: Failure
  /** Whose it is to mend, in words. */
  whose: string
  /** What Instagram says, word for word. */
  words: readonly string[]
  /** By which numbers it says the same. */
  numbers: readonly string[]
  /** Where in a login it shows. */
  places: readonly string[]
}

/** Failures that the same people mend. */
export interface HelpGroup {
  /** Who mends them, in words. */
  heading: string
  /** Each of them. */
  entries: readonly HelpEntry[]
}

const WHOSE = {
  person: 'You can mend it yourself',
  operator: 'Whoever runs this site has to mend it',
  instagram: 'It is at Instagram’s end',
  nobody: 'It passes by itself: wait',
} satisfies Record<Mender, string>

const PLACES = {
  page: 'on Instagram’s own page',
  callback: 'on the way back from Instagram',
  exchange: 'when the code is exchanged for a token',
  long_lived: 'when the token is exchanged for one of 60 days',
  me: 'when the profile is read',
  refresh: 'when the token is refreshed',
} satisfies Record<Place, string>

/** All that is to be said of a failure. */
export function helpEntry(name: Failure): HelpEntry {
  const explanation = explanations[name]
  const { signs, shows } = name in catalogue ? catalogue[name as FailureName] : NOT_INSTAGRAM
  return {
    ...explanation,
    name,
    whose: WHOSE[explanation.mender],
    words: [...new Set(signs.flatMap(({ says }) => says ?? []))],
    numbers: signs.filter(({ says }) => says === undefined).map(inNumbers),
    places: shows.map((place) => PLACES[place]),
  }
}

const NOT_INSTAGRAM: Pick<Entry, 'signs' | 'shows'> = { signs: [], shows: [] }

/** All failures, by whose they are to mend. */
export function helpGroups(): readonly HelpGroup[] {
  const entries = Object.keys(explanations).map((name) => helpEntry(name as Failure))
  return Object.entries(WHOSE).map(([mender, heading]) => ({
    heading,
    entries: entries.filter((entry) => entry.mender === mender),
  }))
}

function inNumbers({ code, subcode, type, transient, status, contentType }: Sign): string {
  const range = (number: Sign['code']) => (typeof number === 'object' ? number.join(' to ') : number)
  const marks = [
    code !== undefined && `code ${range(code)}`,
    subcode !== undefined && `subcode ${subcode}`,
    type,
    transient === false && 'is_transient false',
    status !== undefined && `HTTP status ${range(status)}`,
    contentType,
  ]
  return marks.filter(Boolean).join(', ')
}
