import type { RequestHandler } from 'express'
import type { Context } from '../context.ts'
import {
  type ErrorCode,
  explanationOf,
  helpCodes,
  instagramErrors,
  isInstagramErrorCode,
  type ProblemCode,
  problems,
} from '../errors/catalogue.ts'
import type { FixableBy, Stage } from '../errors/catalogue/entry.ts'
import { AppError } from '../errors/errors.ts'
import { type Matcher, matchersOf, matchPasted } from '../errors/match.ts'
import type { SettingNames } from '../errors/settingNames.ts'
import { findPastedCallback } from '../login/callback.ts'
import type { HelpEntry } from './hooks.ts'
import { type Address, fieldOf, parameterOf } from './request.ts'
import { requestContext } from './requestContext.ts'
import { redirectTo, renderView } from './views.ts'

/** How tokens of Instagram and of Facebook begin. */
const TOKEN = /\b(?:IGAA|IGQ[VW]|EAA)[\w-]{20}/

/** The handlers of the help pages. */
export function helpHandlers({ config }: Context, { callback }: Address) {
  const { names } = config
  const entries = helpCodes.map((code) => helpEntry(code, names))
  const problemEntries = (Object.keys(problems) as ProblemCode[]).map((code) => helpEntry(code, names))
  const groups = MOMENTS.map(([heading]) => ({
    heading,
    entries: entries.filter(({ name }) => headingOf(name) === heading),
  }))

  return {
    /** `GET /help`: every error, grouped by when it occurs. */
    helpPage: (_request, response) => renderView(response, 'help', { groups, answer: null }),

    /** `GET /help/:name`, and `GET /problems/:name` for those of the JSON API: one error, as a page, JSON or Markdown. */
    helpEntryPage: async (request, response) => {
      const entry = [...entries, ...problemEntries].find(({ name }) => name === parameterOf(request, 'name'))
      if (!entry) throw new AppError('not_found')
      response.vary('Accept')
      const type = request.accepts(['text/html', 'application/json', 'text/markdown'])
      if (type === 'application/json') response.json(entryJson(entry))
      else if (type === 'text/markdown') response.type(type).send(entryMarkdown(entry))
      else await renderView(response, 'help_entry', { entry })
    },

    /** `POST /help`: sends a pasted callback on to where it belongs, or explains a pasted error. Nothing of the text is shown. */
    helpWithPastedText: async (request, response) => {
      const pasted = fieldOf(request, 'pasted') ?? ''
      const query = findPastedCallback(pasted, config.instagram.redirectUri)
      if (query) {
        redirectTo(response, `${callback}?${query.toString()}`)
        return
      }
      const matched = matchPasted(pasted)
      if (!matched && TOKEN.test(pasted)) return renderView(response, 'help', { groups, answer: 'token' })
      const found = matched ? [] : search(pasted)
      if (found.length > 1)
        return renderView(response, 'help', { groups: [{ heading: 'Results', entries: found }], answer: 'results' })

      const code = matched ?? found[0]?.name ?? 'unknown_message'
      requestContext(request).log.info({ explained: code }, 'an error message was pasted')
      if (code === 'unknown_message') await renderView(response, 'help', { groups, answer: 'unknown' })
      else await renderView(response, 'help_entry', { entry: helpEntry(code, names) })
    },
  } satisfies Record<string, RequestHandler>

  /** The errors whose texts for people contain every longer word. */
  function search(text: string): HelpEntry[] {
    // A longer text is a message of Instagram.
    const words = text.length > 40 ? null : text.toLowerCase().match(/[\p{L}\d]{5,}/gu)
    return entries.filter(({ title, description, advice }) =>
      words?.every((word) => `${title} ${description} ${advice}`.toLowerCase().includes(word)),
    )
  }
}

const WHOSE: Readonly<Record<FixableBy, string>> = {
  person: 'You can fix this yourself',
  operator: 'Only the site owner can fix this',
  instagram: 'This is a problem at Instagram',
  nobody: 'This is temporary: wait and try again',
}

/** When errors occur, in the order of the help page, with the stages of that moment. All other errors belong to the last one. */
const MOMENTS: readonly (readonly [heading: string, ...stages: Stage[]])[] = [
  ['On Instagram’s page', 'page'],
  ['When you come back from Instagram', 'callback'],
  ['When this site gets your token', 'exchange'],
  ['Later, when the token is used or renewed', 'long_lived', 'me', 'refresh'],
  ['On this site'],
]

/** Callback failures that Instagram did not cause. */
const OF_CALLBACK =
  /^(state_|cookie_missing|user_changed|other_browser|no_answer|address_foreign|site_unreachable|interrupted)/

function headingOf(name: ErrorCode): string | undefined {
  const ofSite: readonly Stage[] = OF_CALLBACK.test(name) ? ['callback'] : []
  const stages = isInstagramErrorCode(name) ? instagramErrors[name].stages : ofSite
  return MOMENTS.find(([, ...own]) => own.length === 0 || own.some((stage) => stages.includes(stage)))?.[0]
}

const STAGES: Readonly<Record<Stage, string>> = {
  page: 'on its own page',
  callback: 'on the way back from Instagram',
  exchange: 'when the code is exchanged for a token',
  long_lived: 'when the token is exchanged for one of 60 days',
  me: 'when the profile is read',
  refresh: 'when the token is refreshed',
}

function helpEntry(name: ErrorCode, names: SettingNames): HelpEntry {
  const explanation = explanationOf(name, names)
  const matchers = matchersOf(name)
  const stages = isInstagramErrorCode(name) ? instagramErrors[name].stages : []
  return {
    ...explanation,
    name,
    whose: WHOSE[explanation.fixableBy],
    words: [...new Set(matchers.flatMap(({ message }) => message ?? []))],
    numbers: matchers.filter(({ message }) => message === undefined).map(describeMatcher),
    places: stages.map((stage) => STAGES[stage]),
  }
}

/** An entry for programs, in the style of the JSON API. */
function entryJson({ name, status, title, description, advice, fixableBy, meaning, steps, words, numbers }: HelpEntry) {
  const operator = { fixable_by: fixableBy, meaning, steps }
  return { name, status, title, description, advice, ...operator, messages: words, codes: numbers }
}

function entryMarkdown({ name, title, description, advice, whose, meaning, steps, words, numbers }: HelpEntry): string {
  const messages = [...words.map((text) => `“${text}”`), ...numbers].map((text) => `- ${text}`)
  const operator = ['## For the site owner', meaning, steps.map((step, index) => `${index + 1}. ${step}`).join('\n')]
  const instagram = messages.length > 0 ? ['## Messages', messages.join('\n')] : []
  const parts = [`# ${title}`, description, advice, ...operator, ...instagram, `${whose}. Name: \`${name}\`.`]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

function describeMatcher({ code, subcode, type, transient, status, contentType }: Matcher): string {
  const range = (number: Matcher['code']) => (typeof number === 'object' ? number.join(' to ') : number)
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
