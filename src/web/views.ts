import { join } from 'node:path'
import type { RequestHandler, Response } from 'express'
import type { Explanation } from '../instagram/catalogue/entry.ts'
import type { Failure } from '../login/failures.ts'
import { withOptionNames } from '../login/optionNames.ts'
import type { AccountView } from './accountView.ts'
import type { HelpEntry, HelpGroup } from './helpView.ts'
import { answered } from './answered.ts'
import type { Hooks, Page, ViewName } from './hooks.ts'
import type { AccountsView } from './operator/accountsView.ts'
import type { Moment } from './moment.ts'
import type { SetupView } from './setupView.ts'
import { ours } from './ours.ts'
import { createTemplates } from './templates.ts'

/** The folder of the views, and of what they load. */
export const VIEWS = join(import.meta.dirname, '../../views')

/** Each view with all that it uses beside what every page has ({@link PageLocals}). */
export interface Views {
  index: { getStarted: string; reconnect: string | null; takesTokens: boolean }
  response: { account: AccountView; connectAnother: string; justConnected: boolean }
  auth_error: Explanation & {
    name: Failure
    reference: string | null
    /** Whether the operator's part is shown too. */
    forOperator: boolean
    /** What Instagram said, as names and values; for the operator. */
    said: readonly (readonly [name: string, value: string])[] | null
  }
  help: { groups: readonly HelpGroup[] }
  /** `pasted`: as the answer to what somebody pasted. `reference`: of that, where nothing is known. */
  help_entry: { entry: HelpEntry; pasted: boolean; reference: string | null }
  data_deletion: object
  deletion: { confirmationCode: string; asked: Moment; done: Moment }
  setup: SetupView
  sign_in: { refused: 'wrong' | 'too_many' | null }
  accounts: AccountsView
  disconnect: { id: string; title: string; query: string }
}

/** What every page of a site has. */
export interface PageLocals {
  /** What stands before every path of ours. */
  base: string
  /** The address of the stand-in for Instagram, where there is one: every page says so. */
  sandbox: string | null
  /** Whether we are a part of another app, whose options say what variables say elsewhere. */
  mounted: boolean
}

/** Those that name settings. */
const EXPLAINING: ReadonlySet<ViewName> = new Set(['auth_error', 'help', 'help_entry', 'setup'])

interface Site {
  locals: PageLocals
  render: ReturnType<typeof createTemplates>
  byHost: Hooks['render']
}

const sites = ours<Site>('site')

/** Lets the pages of a site be shown. `byHost`: shows those of the app around us in their place. */
export function views(locals: PageLocals, byHost?: Hooks['render']): RequestHandler {
  const site = { locals, render: createTemplates(VIEWS), byHost }
  return (_request, response, next) => {
    sites.put(response, site)
    next()
  }
}

/** Renders a view with all that it uses, as the whole answer. Settles once it is given, where the app around us may give it. */
export function show<View extends ViewName>(
  response: Response,
  view: View,
  locals: Views[View],
): Promise<void> | undefined {
  const site = sites.of(response)
  const told = site.locals.mounted && EXPLAINING.has(view) ? withOptionNames(locals) : locals
  const all = { ...site.locals, ...told }
  if (site.byHost) return showByHost(site.byHost, response, view, all)
  send(response, view, all)
  return undefined
}

async function showByHost(
  render: NonNullable<Hooks['render']>,
  response: Response,
  view: ViewName,
  locals: object,
): Promise<void> {
  const page = [view, locals, response.req, response] as unknown as Page
  if ((await answered(response, 'render', () => render(...page))) !== 'answered') send(response, view, locals)
}

function send(response: Response, view: ViewName, locals: object): void {
  const page = Buffer.from(sites.of(response).render(view, locals))
  // Not by `send`, which adds what the settings of the app around us say.
  response.type('html').set('Content-Length', String(page.length)).end(page)
}

/** Sends the browser on to a page of ours, by its path under the base. */
export function goTo(response: Response, path: string): void {
  response.redirect(303, sites.of(response).locals.base + path)
}
