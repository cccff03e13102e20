import { authorizeErrors } from './catalogue/authorize.ts'
import type { Explanation } from './catalogue/entry.ts'
import { exchangeErrors } from './catalogue/exchange.ts'
import { graphErrors } from './catalogue/graph.ts'
import { apiErrors, type problems, siteErrors, startErrors } from './catalogue/site.ts'
import type { SettingName, SettingNames } from './settingNames.ts'

export { problems, RIGHT_TOKEN } from './catalogue/site.ts'

/** Every error that Instagram can cause: what it means, who can fix it, and how. */
export const instagramErrors = { ...authorizeErrors, ...exchangeErrors, ...graphErrors }

/** The name of an error that Instagram caused: in the log, in addresses of help pages, in the database. */
export type InstagramErrorCode = keyof typeof instagramErrors

/** The name of an error that a person can meet, and that the help pages explain. */
type HelpCode = InstagramErrorCode | keyof typeof siteErrors

/** The name of an expected error. */
export type ErrorCode = HelpCode | keyof typeof apiErrors | keyof typeof startErrors

/** The name of an error that the JSON API responds with. */
export type ProblemCode = keyof typeof problems

/** Every expected error. Texts for operators name settings by placeholders: see `explanationOf`. */
export const catalogue: Readonly<Record<ErrorCode, Explanation>> = {
  ...instagramErrors,
  ...siteErrors,
  ...apiErrors,
  ...startErrors,
}

/** The errors that the help pages explain, in their order. */
export const helpCodes = Object.keys({ ...instagramErrors, ...siteErrors }) as readonly HelpCode[]

/** Whether an expected error has this name. */
export function isErrorCode(name: unknown): name is ErrorCode {
  return typeof name === 'string' && Object.hasOwn(catalogue, name)
}

/** Whether Instagram causes an error of this name. */
export function isInstagramErrorCode(name: unknown): name is InstagramErrorCode {
  return typeof name === 'string' && Object.hasOwn(instagramErrors, name)
}

/** Whether the help pages explain an error of this name. */
export function isHelpCode(name: unknown): name is HelpCode {
  return helpCodes.some((code) => code === name)
}

/** An entry of the catalogue with the reader's names for the settings. */
export function explanationOf(code: ErrorCode, names: SettingNames): Explanation {
  const entry = catalogue[code]
  const format = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: SettingName) => names[name])
  return { ...entry, meaning: format(entry.meaning), steps: entry.steps.map(format) }
}
