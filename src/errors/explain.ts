import type { Explanation } from './catalogue/entry.ts'
import { type ErrorCode, explanationOf, isErrorCode } from './catalogue.ts'
import { isAppError, toAppError } from './errors.ts'
import { matchPasted } from './match.ts'
import type { SettingNames } from './settingNames.ts'

/** What an error means, for the person who sees it and for the operator. */
export interface Explained extends Explanation {
  /** The error’s code. */
  name: ErrorCode
}

/** What an error means: `explain` of the package, with the reader’s names for the settings. No part of `what` is called, stored or returned. */
export function explain(what: unknown, names: SettingNames): Explained {
  const code = codeOf(what)
  const { status, title, fixableBy, description, advice, meaning, steps, unconfirmed, retryAfterSeconds } =
    explanationOf(code, names)
  return {
    ...{ name: code, status, title, fixableBy, description, advice, meaning, steps },
    ...(unconfirmed !== undefined && { unconfirmed }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }
}

function codeOf(what: unknown): ErrorCode {
  if (what instanceof Error) {
    const { code } = toAppError(what)
    return code === 'internal' && !isAppError(what) ? (matchPasted(what.message) ?? code) : code
  }
  if (isErrorCode(what)) return what
  return matchPasted(typeof what === 'string' ? what : toJson(what)) ?? 'unknown_message'
}

function toJson(what: unknown): string {
  try {
    const json: unknown = JSON.stringify(what)
    return typeof json === 'string' ? json : ''
  } catch {
    return ''
  }
}
