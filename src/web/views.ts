import { join } from 'node:path'
import type { RequestHandler, Response } from 'express'
import type { Explained } from '../login/explain.ts'
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
  /** The start page, for somebody who has connected no account. */
  index: {
    /** Instagram's authorize address, with a login that begins. */
    getStarted: string
    /** The user name, or the id, of the account that is to be connected again; `null`: whichever. */
    reconnect: string | null
    /** Whether there is to be a form that takes a token (`access_token`, POST to `import`). */
    takesTokens: boolean
  }
  /** The page of the account that somebody has connected. */
  response: {
    /** All that is shown of it. */
    account: AccountView
    /** Instagram's authorize address, where somebody logs in as another account. */
    connectAnother: string
    /** Whether a login has ended just now. */
    justConnected: boolean
  }
  /** Something went wrong, as it is explained. */
  auth_error: FailureView
  /** Every failure that is known. */
  help: {
    /** By whose they are to mend. */
    groups: readonly HelpGroup[]
  }
  /** One failure. */
  help_entry: {
    /** All that is to be said of it. */
    entry: HelpEntry
    /** Whether it is the answer to what somebody pasted. */
    pasted: boolean
    /** By which the log knows what was pasted, where nothing is known of it. */
    reference: string | null
  }
  /** How people ask for the deletion of their data. */
  data_deletion: object
  /** How far a deletion is. */
  deletion: {
    /** By which the person finds it. */
    confirmationCode: string
    /** When it was asked for. */
    asked: Moment
    /** When all was deleted. */
    done: Moment
  }
  /** The guide through Meta's dashboard, for whoever runs the site. */
  setup: SetupView
  /** Where whoever runs the site signs in (`password`, POST to `accounts/sign-in`). */
  sign_in: {
    /** Why the last try was refused; `null`: there was none. */
    refused: 'wrong' | 'too_many' | null
  }
  /** All accounts, for whoever runs the site. */
  accounts: AccountsView
  /** Asks whoever runs the site whether an account is to be disconnected. */
  disconnect: {
    /** The account's. */
    id: string
    /** `@` and the user name, or the id. */
    title: string
    /** The query of the list that it goes back to, with its `?`. */
    query: string
  }
}

/** A failure as the error page shows it. */
export interface FailureView extends Explained {
  /** By which the log knows this request; `null`: there is nothing about it there. */
  reference: string | null
  /** Whether the operator's part is shown too. */
  forOperator: boolean
  /** What Instagram said, as names and values; for the operator. */
  said: readonly (readonly [name: string, value: string])[] | null
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
  const page = sites.of(response).render(view, locals)
  // Not by `send`, which adds what the settings of the app around us say.
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(page))
  response.end(page)
}

/** Sends the browser on to a page of ours, by its path under the base. */
export function goTo(response: Response, path: string): void {
  response.redirect(303, sites.of(response).locals.base + path)
}
