import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { Context } from '../context.ts'
import {
  type ErrorCode,
  explanationsFor,
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
import type { LoginHandlers } from './login.ts'
import { parameterOf } from './request.ts'
import { requestContext } from './requestContext.ts'
import { renderView } from './views.ts'

/** The form of the help pages; anything else counts as an empty text. */
const helpForm = z.object({ pasted: z.string().catch('') }).catch({ pasted: '' })

/** The handlers of the help pages. `completeLogin`: for a pasted callback. */
export function helpHandlers({ config }: Context, completeLogin: LoginHandlers['completeLogin']) {
  const { names } = config
  const entries = helpCodes.map((code) => helpEntry(code, names))
  const problemEntries = (Object.keys(problems) as ProblemCode[]).map((code) => helpEntry(code, names))
  const groups = Object.entries(WHOSE).map(([fixableBy, heading]) => ({
    heading,
    entries: entries.filter((entry) => entry.fixableBy === fixableBy),
  }))

  return {
    /** `GET /help`: every error, grouped by who can fix it. */
    helpPage: (_request, response) => renderView(response, 'help', { groups }),

    /** `GET /help/:name`, and `GET /problems/:name` for those of the JSON API: one error, as a page, JSON or Markdown. */
    helpEntryPage: async (request, response) => {
      const entry = [...entries, ...problemEntries].find(({ name }) => name === parameterOf(request, 'name'))
      if (!entry) throw new AppError('not_found')
      response.vary('Accept')
      const type = request.accepts(['text/html', 'application/json', 'text/markdown'])
      if (type === 'application/json') response.json(entryJson(entry))
      else if (type === 'text/markdown') response.type(type).send(entryMarkdown(entry))
      else await renderView(response, 'help_entry', { entry, pasted: false, reference: null })
    },

    /** `POST /help`: completes the login of a pasted callback, or explains the pasted error. */
    helpWithPastedText: async (request, response) => {
      const { pasted } = helpForm.parse(request.body)
      const query = findPastedCallback(pasted, config.instagram.redirectUri)
      if (query) return completeLogin(query, request, response)

      const { log, reference } = requestContext(request)
      const code = matchPasted(pasted) ?? 'unknown'
      log.info({ explained: code }, 'an error message was pasted')
      await renderView(response, 'help_entry', {
        entry: helpEntry(code, names),
        pasted: true,
        reference: code === 'unknown' ? reference : null,
      })
    },
  } satisfies Record<string, RequestHandler>
}

const WHOSE: Readonly<Record<FixableBy, string>> = {
  person: 'You can mend it yourself',
  operator: 'Whoever runs this site has to mend it',
  instagram: 'It is at Instagram’s end',
  nobody: 'It passes by itself: wait',
}

const STAGES: Readonly<Record<Stage, string>> = {
  page: 'on Instagram’s own page',
  callback: 'on the way back from Instagram',
  exchange: 'when the code is exchanged for a token',
  long_lived: 'when the token is exchanged for one of 60 days',
  me: 'when the profile is read',
  refresh: 'when the token is refreshed',
}

function helpEntry(name: ErrorCode, names: SettingNames): HelpEntry {
  const explanation = explanationsFor(names)[name]
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
  const operator = ['## If you run this site', meaning, steps.map((step, index) => `${index + 1}. ${step}`).join('\n')]
  const instagram = messages.length > 0 ? ['## How Instagram says it', messages.join('\n')] : []
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
