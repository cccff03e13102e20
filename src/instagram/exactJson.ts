import { z } from 'zod'

/** An id, exact: digits, as a string or as a number (one past 2^53 is a string after `parseExactJson`). */
export const idSchema = z.union([z.string().max(30).regex(/^\d+$/), z.int().nonnegative().transform(String)])

/** Each string and number of a JSON text. */
const STRINGS_AND_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

/**
 * Parses JSON without rounding: every number but a safe integer becomes the string of its digits. Instagram sends ids of 17 digits as
 * numbers, about half of which `JSON.parse` alone would change. (A reviver with `source` takes five times as long.)
 *
 * @throws {SyntaxError} which quotes the text: it may hold a secret
 */
export function parseExactJson(text: string): unknown {
  const json: unknown = JSON.parse(text)
  const exact = text.replace(STRINGS_AND_NUMBERS, (part) =>
    part.startsWith('"') || Number.isSafeInteger(Number(part)) ? part : `"${part}"`,
  )
  return exact === text ? json : JSON.parse(exact)
}
