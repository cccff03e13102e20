/** What came of a check: all is well, something is to be mended, or it cannot be known from here. */
export type Outcome = 'ok' | 'wrong' | 'unknown'

/** One finding of the doctor, in words for the operator. Never holds a secret or a token. */
export interface Line {
  /** What was looked at: a few words, or the variable. */
  name: string
  /** What came of it. */
  outcome: Outcome
  /** What was found, in one sentence or two. */
  says: string
  /** What to do. Always there when something is wrong. */
  fix?: string
}

export function ok(name: string, says: string): Line {
  return { name, outcome: 'ok', says }
}

export function wrong(name: string, says: string, fix: string): Line {
  return { name, outcome: 'wrong', says, fix }
}

export function unknown(name: string, says: string, fix?: string): Line {
  return { name, outcome: 'unknown', says, ...(fix !== undefined && { fix }) }
}

/** Words of others between quotation marks: cut, and without what would steer a terminal. */
export function quoted(text: string): string {
  return `“${text.replace(/\p{C}+/gu, ' ').slice(0, 200)}”`
}
