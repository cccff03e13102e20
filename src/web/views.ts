import { join } from 'node:path'
import type { RequestHandler, Response } from 'express'
import type { Explanation } from '../instagram/catalogue/entry.ts'
import type { Failure } from '../login/failures.ts'
import type { AccountView } from './accountView.ts'
import type { HelpEntry, HelpGroup } from './helpView.ts'
import type { AccountsView } from './operator/accountsView.ts'
import type { Moment } from './moment.ts'
import type { SetupView } from './setupView.ts'
import { createTemplates } from './templates.ts'

/** The folder of the views, and of what they load. */
export const VIEWS = join(import.meta.dirname, '../../views')

/** Each view with all that it uses beside what every page has ({@link PageLocals}). */
interface Views {
  index: { getStarted: string; reconnect: string | null }
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
  data_deletion: Record<string, never>
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
}

const SITE = Symbol('site')

/** An answer of ours knows whose page it shows: two sites in one process never meet. */
type Answer = Response & { [SITE]?: { locals: PageLocals; render: ReturnType<typeof createTemplates> } }

/** Lets the pages of a site be shown. */
export function views(locals: PageLocals): RequestHandler {
  const site = { locals, render: createTemplates(VIEWS) }
  return (_request, response: Answer, next) => {
    response[SITE] = site
    next()
  }
}

/** Renders a view with all that it uses, as the whole answer. */
export function show<View extends keyof Views>(response: Response, view: View, locals: Views[View]): void {
  const site = siteOf(response)
  response.type('html').end(site.render(view, { ...site.locals, ...locals }))
}

/** Sends the browser on to a page of ours, by its path under the base. */
export function goTo(response: Response, path: string): void {
  response.redirect(303, siteOf(response).locals.base + path)
}

function siteOf({ [SITE]: site }: Answer): NonNullable<Answer[typeof SITE]> {
  if (!site) throw new TypeError('Pages are shown behind views() only.')
  return site
}
