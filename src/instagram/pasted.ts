import type { FailureName } from './catalogue/catalogue.ts'
import { type Clues, recognise } from './recognise.ts'

/** Characters of what is pasted that are looked at. */
const LONGEST_PASTED = 4000

/**
 * Which failure somebody met who pastes what they saw: the address of Instagram's error page, its words, an error in JSON, a line of a log.
 * Whatever it is, it is only read: nothing of it is called, kept or shown. `undefined`: none that is known.
 */
export function recognisePasted(pasted: string): FailureName | undefined {
  const readings = [pasted.slice(0, LONGEST_PASTED)]
  // Addresses are encoded, and a second time where they stand in another address.
  for (const encoded of [0, 1]) readings.push(decoded(readings[encoded] ?? ''))
  return readings.map((text) => recognise(cluesIn(text))).find((name) => name !== undefined)
}

function cluesIn(text: string): Clues {
  return {
    message: text,
    code: numberAfter(/\bcode["']?\s?[:=]\s?["']?(\d{1,7})\b/i, text) ?? numberAfter(/\(#(\d{1,7})\)/, text),
    subcode: numberAfter(/subcode["']?\s?[:=]\s?["']?(\d{1,9})\b/i, text),
    type: /\b(?:error|type|error_type)["']?\s?[:=]\s?["']?(\w{1,60})\b/.exec(text)?.[1],
    transient: /is_transient["']?\s?[:=]\s?false/i.test(text) ? false : undefined,
  }
}

function numberAfter(pattern: RegExp, text: string): number | undefined {
  const [, digits] = pattern.exec(text) ?? []
  return digits === undefined ? undefined : +digits
}

/** Percent signs, plus signs and JSON's escapes undone; what is not well-formed stays readable around it. */
function decoded(text: string): string {
  const [value = ''] = new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).values()
  return value
    .replace(/\\u([0-9a-f]{4})/gi, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\\(["\\/])/g, '$1')
}
