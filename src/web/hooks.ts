import type { NextFunction, Request, Response } from 'express'
import type { EmbedUrlComparison } from '../doctor/embedUrl.ts'
import type { Finding } from '../doctor/installation.ts'
import type { Explained } from '../errors/explain.ts'
import type { FinishedLogin } from '../login/login.ts'
import type { FormattedTime } from '../time.ts'
import type { AccountView } from './accountView.ts'
import type { AccountsView, AdminAccountView } from './admin/accountsView.ts'

/**
 * Hooks of a host app. Each hook is called like Express middleware: it sends the response, or calls `next()` for the default. Set your own
 * security headers on responses that you send: this package sets them on its own pages only.
 */
export interface Hooks {
  /**
   * Called after each successful login. Default: the browser goes to the login's return address, else to the account page. If the hook
   * throws, rejects or calls `next(error)`, the error is logged and the person gets a page (500); the account stays connected.
   */
  onConnected?:
    ((login: ConnectedLogin, request: Request, response: Response, next: NextFunction) => unknown) | undefined
  /**
   * Called after each failed login; `response.statusCode` is already set. Default: the error page. If the hook fails, the error is logged,
   * and the error page is shown.
   */
  onFailure?: ((failure: Explained, request: Request, response: Response, next: NextFunction) => unknown) | undefined
  /**
   * Called for every page, to replace it; `response.statusCode` is already set. Default: the built-in page. If the hook fails, the error is
   * logged, and the built-in page is shown.
   *
   * ```ts
   * render({ view, locals }, request, response, next) {
   *   if (view === 'index') response.render('connect', { link: locals.getStarted })
   *   else next()
   * }
   * ```
   */
  render?: ((page: Page, request: Request, response: Response, next: NextFunction) => unknown) | undefined
}

/** A successful login. Store `account.key` with your own user. */
export type ConnectedLogin = Omit<FinishedLogin, 'withheld'>

/** A page: the name of its view, with the locals of that view. */
export type Page = { [View in ViewName]: { view: View; locals: ViewLocals<View> } }[ViewName]

/** The name of a view. */
export type ViewName = keyof Views

/** The locals of a view. */
export type ViewLocals<View extends ViewName = ViewName> = Views[View] & PageLocals

/** Locals of every page. */
export interface PageLocals {
  /** The path prefix of every link: `/instagram`, or empty. */
  base: string
  /** The sandbox's URL; `null` with the real Instagram. */
  sandbox: string | null
  /** Whether settings are a host's options instead of environment variables. */
  mounted: boolean
  /** The site's name; `null`: it has none. */
  siteName: string | null
  /** The address of the site's logo; `null`: it has none. */
  siteLogo: string | null
  /** The address, which may be `mailto:`, where people get help; `null`: unknown. */
  supportUrl: string | null
  /** The address of the privacy policy; `null`: unknown. */
  privacyUrl: string | null
  /** Whether an admin is signed in. Pages that open no session do not know, and say no. */
  isAdmin: boolean
}

/** Each view with its own locals. `getStarted` is Instagram's authorize URL with a state; times are formatted. */
export interface Views {
  /**
   * The start page. `reconnect`: the account to reconnect, `url` begins a login for it. `showToken`: people see their token.
   * `takesTokens`: POST `access_token` to `import`. `notice`: the result of a disconnect. `systemBrowser`: opens the page in Safari or Chrome; `null`: this is not an in-app browser.
   */
  index: {
    getStarted: string
    reconnect: Reconnect | null
    showToken: boolean
    takesTokens: boolean
    notice: string | null
    systemBrowser: string | null
  }
  /**
   * The page of a connected account. `accounts`: all that the browser is connected to, if there are several; `/?account=` with the ID shows
   * one of them. Forms name the account: POST `account` with the ID to `refresh` or `disconnect`. `reconnectUrl` begins a login for this
   * account. `intended`: the account that the login was for, if another one was connected. `notice`: the result of the person's last
   * action. `tokenApi`: where programs get a token of the account; it answers if the API `isOn`.
   */
  response: {
    account: AccountView
    accounts: readonly { id: string; title: string }[]
    reconnectUrl: string
    intended: Reconnect | null
    justConnected: boolean
    notice: string | null
    tokenApi: { url: string; isOn: boolean }
  }
  auth_error: ErrorView
  /** Every error that has a help page, by when it occurs. `answer`: the pasted text is a token or is unknown, or `groups` are what a search found. */
  help: { groups: readonly { heading: string; entries: HelpEntry[] }[]; answer: 'token' | 'unknown' | 'results' | null }
  /** One error. */
  help_entry: { entry: HelpEntry }
  /** How to request data deletion. */
  data_deletion: object
  /** The status of a data deletion; `done` is `null` if the request was ignored. */
  deletion: { confirmationCode: string; asked: FormattedTime; done: FormattedTime | null }
  /** The setup guide for the operator. */
  setup: SetupView
  /** The admin's sign-in form: POST `password` to `accounts/sign-in`. `refused`: why the last attempt was refused. */
  sign_in: { refused: 'wrong' | 'too_many' | null }
  /** All accounts, for the admin. `notice`: the result of the last action. */
  accounts: AccountsView & { notice: string | null }
  /** One account, for the admin. `query`: the query string of the list, with its `?`. `notice`: the result of the last action. */
  accounts_entry: { account: AdminAccountView; query: string; notice: string | null }
  /** How to turn the admin pages on. `suggestion`: a random password. */
  accounts_off: { suggestion: string }
  /**
   * Asks to confirm a disconnect. `title`: `@` and the username, or the ID. `query`: the query string of the admin's list, with its `?`;
   * `null`: the person disconnects. `revokes`: access on Instagram is revoked, too.
   */
  disconnect: { id: string; title: string; query: string | null; revokes: boolean }
}

/** An account to reconnect. */
export interface Reconnect {
  /** `@` and the username, or the ID. */
  title: string
  /** Begins a login for the account. */
  url: string
}

/** The error page. */
export interface ErrorView extends Explained {
  /** Identifies the request in the log; `null` if the log has nothing about it. */
  reference: string | null
  /**
   * The address to try again; empty: the same address. With `#access_token`, it is the field for another token. `null`: trying again does
   * not help.
   */
  retry: string | null
  /** Whether the start page shows an account, which the failed login may have connected before. */
  isConnected: boolean
  /** Whether to show the part for the operator. */
  forOperator: boolean
  /** Instagram's error response as names and values, for the operator. */
  said: readonly (readonly [name: string, value: string])[] | null
}

/** An error on the help pages. */
export interface HelpEntry extends Explained {
  /** Who can fix it, in words. */
  whose: string
  /** Instagram's messages, word for word. */
  words: readonly string[]
  /** Instagram's error codes, in words. */
  numbers: readonly string[]
  /** Where in a login it occurs. */
  places: readonly string[]
}

/** The setup guide, with the values of this installation. */
export interface SetupView {
  /** Values to copy into the fields of Meta's dashboard. `id`: the element's ID. */
  values: readonly { id: string; field: string; value: string }[]
  /** Whether only this machine can reach the address, and Meta's servers cannot. */
  local: boolean
  /** Whether the values use https although the app uses http now. */
  becomesHttps: boolean
  /** Requested scopes. */
  scopes: readonly string[]
  /** The settings to copy, with placeholders for secrets: the content of `.env`, or literals for code. */
  settings: { as: 'env'; text: string } | { as: 'code'; clientId: string; redirectUri: string; scopes: string }
  /** The steps that are known to be done. */
  done: readonly SetupStep[]
  /** The first other step; `null`: all are done. */
  next: SetupStep | null
  /** How the pasted Embed URL compares with the settings; `null`: none was pasted. */
  comparison: EmbedUrlComparison | null
  /** The doctor's last results; `null`: it has not run yet. */
  examination: { findings: readonly Finding[]; at: FormattedTime } | null
}

/** A step of the setup guide that can be verified. */
export type SetupStep = 'app' | 'addresses' | 'settings' | 'account' | 'doctor'
