import type { Explanation } from '../instagram/catalogue/entry.ts'
import { recognisePasted } from '../instagram/pasted.ts'
import { withOptionNames } from './optionNames.ts'
import { explanations, type Failure, failureOf, isFailure } from './failures.ts'

/** What a failure means, for the person in front of it and for the operator of the site. */
export interface Explained extends Explanation {
  /** By which programs know it. */
  name: Failure
}

/**
 * What a failure means, whose it is to mend, and how: in the names of our options.
 *
 * @param what An error that one of our functions threw; or one of yours with Instagram's words in its message; the name of a failure;
 *   what somebody saw or pasted: the address of Instagram's error page, its words, a line of a log; or Instagram's answer in JSON, as text
 *   or parsed. It is only read: nothing of it is called, kept or returned.
 * @returns Always one: `unknown` for words that nobody knows, and `internal` for errors that are nobody's but the program's.
 */
export function explain(what: unknown): Explained {
  return withOptionNames(explainByVariables(what))
}

/** The same in the names of variables of the environment, for whoever has those. */
export function explainByVariables(what: unknown): Explained {
  const name = nameOf(what)
  const { status, title, mender, happened, advice, meaning, steps, unconfirmed } = explanations[name]
  const entry = { name, status, title, mender, happened, advice, meaning, steps }
  return unconfirmed === undefined ? entry : { ...entry, unconfirmed }
}

function nameOf(what: unknown): Failure {
  if (what instanceof Error) {
    const failure = failureOf(what)
    return failure === 'internal' ? (recognisePasted(what.message) ?? failure) : failure
  }
  if (isFailure(what)) return what
  return recognisePasted(typeof what === 'string' ? what : inJson(what)) ?? 'unknown'
}

function inJson(what: unknown): string {
  try {
    const json: unknown = JSON.stringify(what)
    return typeof json === 'string' ? json : ''
  } catch {
    return ''
  }
}
