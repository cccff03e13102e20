import { catalogue, type FailureName } from './catalogue/catalogue.ts'
import type { Sign } from './catalogue/entry.ts'

/** Characters of a message that are looked at. */
const LONGEST_MESSAGE = 4000

/** What can be known of a failure: from an answer, or from what a person saw of it. */
export interface Clues {
  message?: string | undefined
  type?: string | undefined
  code?: number | undefined
  subcode?: number | undefined
  transient?: boolean | undefined
  /** HTTP status. */
  status?: number | undefined
  contentType?: string | undefined
}

/** Which failure it is, by the most telling sign; `undefined`: none that is known. */
export function recognise(clues: Clues): FailureName | undefined {
  const message = plain(clues.message ?? '')
  return SIGNS.find(({ sign, phrase }) => fits(sign, clues) && says(phrase, message))?.name
}

/** Instagram leaves out subcodes, gives code 400 to all that api.instagram.com refuses, and status 400 to most of the rest. */
const WEIGHT: Readonly<Record<keyof Sign, number>> = {
  id: 32,
  subcode: 16,
  transient: 16,
  says: 8,
  type: 4,
  code: 2,
  contentType: 2,
  status: 1,
}

const SIGNS = Object.entries(catalogue)
  .flatMap(([name, { signs }]) =>
    signs.map((sign) => ({
      name: name as FailureName,
      sign,
      weight: (Object.keys(sign) as (keyof Sign)[]).reduce((sum, mark) => sum + WEIGHT[mark], 0),
      phrase: sign.says?.split('…').map(plain) ?? [],
    })),
  )
  .sort((one, other) => other.weight - one.weight)

function fits(sign: Sign, clues: Clues): boolean {
  return (
    within(sign.code, clues.code) &&
    within(sign.subcode, clues.subcode) &&
    within(sign.status, clues.status) &&
    (sign.type === undefined || sign.type === clues.type) &&
    (sign.transient === undefined || sign.transient === clues.transient) &&
    (sign.contentType === undefined || sign.contentType === clues.contentType) &&
    (sign.id === undefined || quotesRoundedId(clues.message ?? ''))
  )
}

function within(wanted: number | readonly [number, number] | undefined, found: number | undefined): boolean {
  if (wanted === undefined) return true
  const [first, last] = typeof wanted === 'number' ? [wanted, wanted] : wanted
  return found !== undefined && found >= first && found <= last
}

/** Whether the parts of a phrase come one after the other. */
function says(phrase: readonly string[], message: string): boolean {
  let from = 0
  for (const part of phrase) {
    const at = message.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return true
}

/** Without the differences that don't matter: case, kinds of quotes, blanks. */
function plain(text: string): string {
  return text
    .slice(0, LONGEST_MESSAGE)
    .toLowerCase()
    .replace(/[‘’“”"]/g, "'")
    .replace(/\s+/g, ' ')
}

function quotesRoundedId(message: string): boolean {
  const [digits] = /\d{16,20}/.exec(message.slice(0, LONGEST_MESSAGE)) ?? []
  return digits !== undefined && !Number.isSafeInteger(+digits) && BigInt(+digits) === BigInt(digits)
}
