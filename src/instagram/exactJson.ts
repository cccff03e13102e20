/**
 * JSON without rounding: every number but a safe integer becomes the string of its digits. Instagram sends
 * user ids of 17 digits as bare numbers, about half of which `JSON.parse` alone would change.
 *
 * @throws {SyntaxError} which quotes the text: it may hold a secret
 */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown)
}

/** A reviver; TypeScript's own types don't know the third argument yet (TC39 "JSON.parse source text access"). */
function exact(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && source ? source : value
}
