import type { NextFunction, Request, Response } from 'express'
import type { Account } from '../accounts/account.ts'
import type { Finding } from '../doctor/installation.ts'
import type { ErrorCode } from '../errors/catalogue.ts'
import type { Explanation } from '../errors/catalogue/entry.ts'
import type { Explained } from '../errors/explain.ts'
import type { FormattedTime } from '../time.ts'
import type { AccountView } from './accountView.ts'
import type { AccountsView } from './admin/accountsView.ts'

/**
 * What a host application decides itself. Each hook is called like Express middleware: it sends the response, or calls `next()` for the
 * default. Set your own security headers on a response that you send; ours are set on our own pages only.
 */
export interface Hooks {
  /**
   * Called after each successful login. Default: the browser goes to the login's return address, else to the account page. If the hook
   * throws, rejects or calls `next(error)`, the error is logged and the person gets a page (500); the account stays connected.
   */
  onConnected?:
    ((login: ConnectedLogin, request: Request, response: Response, next: NextFunction) => unknown) | undefined
  /**
   * Called after each failed login; `response.statusCode` is set already. Default: the error page. An error of the hook is logged, and the
   * error page is shown.
   */
  onFailure?:
    ((failure: Explained, request: Request, response: Response, next: NextFunction) => unknown) | undefined
  /**
   * Called for every page, to send another one in its place; `response.statusCode` is set already. Default: our page. An error of the hook
   * is logged, and our page is shown.
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

/** A successful login. */
export interface ConnectedLogin {
  /** The connected account, without its token. Keep `account.key` with your own user. */
  account: Account
  /** The absolute URL of an allowed origin where the person asked to go; `undefined` if the login was begun without one. */
  returnTo: string | undefined
  /** Whether this callback succeeded before and was repeated: reloaded, or clicked twice. */
  isRepeated: boolean
}

/** The name of a view. */
export type ViewName = keyof Views

/** Everything that a view is rendered with. */
export type ViewLocals<View extends ViewName = ViewName> = Views[View] & PageLocals

/** A page: the name of its view with the locals of that view. */
export type Page = { [View in ViewName]: { view: View; locals: ViewLocals<View> } }[ViewName]

/** Locals of every page. */
export interface PageLocals {
  /** The path prefix of every link: `/instagram`, or empty. */
  base: string
  /** The sandbox's URL; `null` with the real Instagram. */
  sandbox: string | null
  /** Whether the router is mounted in a host application, whose settings are options instead of environment variables. */
  mounted: boolean
}

/** Each view with its own locals. */
export interface Views {
  /** The start page, for a person who has not connected an account. */
  index: {
    /** Instagram's authorize URL, with a state. */
    getStarted: string
    /** The user name or id of the account to connect again; `null`: any account. */
    reconnect: string | null
    /** Whether to show a form for an existing token (`access_token`, POST to `import`). */
    takesTokens: boolean
  }
  /** The page of the connected account. */
  response: {
    account: AccountView
    /** Instagram's authorize URL for connecting another account. */
    connectAnother: string
    /** Whether the login has just finished. */
    justConnected: boolean
    /** The result of the person's last action; `null`: none. */
    notice: string | null
  }
  /** An error. */
  auth_error: ErrorView
  /** Every error that has a help page. */
  help: { groups: readonly HelpGroup[] }
  /** The help page of one error. */
  help_entry: {
    entry: HelpEntry
    /** Whether it answers what the person pasted. */
    pasted: boolean
    /** Identifies in the log what was pasted, if it was not recognized. */
    reference: string | null
  }
  /** How to have one's data deleted. */
  data_deletion: object
  /** The status of a data deletion. */
  deletion: {
    confirmationCode: string
    /** When Instagram passed the request on. */
    asked: FormattedTime
    /** When the data was deleted. */
    done: FormattedTime
  }
  /** The set-up guide for the operator. */
  setup: SetupView
  /** The admin's sign-in form (`password`, POST to `accounts/sign-in`). */
  sign_in: {
    /** Why the last attempt was refused; `null`: there was none. */
    refused: 'wrong' | 'too_many' | null
  }
  /** All accounts, for the admin. */
  accounts: AccountsView
  /** Asks the admin to confirm that an account is to be disconnected. */
  disconnect: {
    /** The account's app-scoped id. */
    id: string
    /** `@` and the user name, or the id. */
    title: string
    /** The query string of the list to return to, with its `?`. */
    query: string
  }
}

/** An error as the error page shows it. */
export interface ErrorView extends Explained {
  /** Identifies the request in the log; `null` if the operator has nothing to look up there. */
  reference: string | null
  /** Whether to show the operator's part. */
  forOperator: boolean
  /** Instagram's error response as names and values, for the operator. */
  said: readonly (readonly [name: string, value: string])[] | null
}

/** An error as the help pages show it. */
export interface HelpEntry extends Explanation {
  /** Its code. */
  name: ErrorCode
  /** Who can fix it, in words. */
  whose: string
  /** Instagram's messages, word for word. */
  words: readonly string[]
  /** Instagram's error codes, in words. */
  numbers: readonly string[]
  /** Where in a login it occurs. */
  places: readonly string[]
}

/** Errors that the same people can fix. */
export interface HelpGroup {
  /** Who can fix them, in words. */
  heading: string
  entries: readonly HelpEntry[]
}

/** The set-up guide, with the values of this installation. */
export interface SetupView {
  /** To be copied into the fields of Meta's dashboard. */
  values: readonly {
    /** The element's id. */
    id: string
    /** The field's name in the dashboard. */
    field: string
    value: string
  }[]
  /** Whether the address is one of this machine only, so that Meta's servers cannot reach it. */
  local: boolean
  /** Whether the values use https although the app is set to http now. */
  becomesHttps: boolean
  /** Requested scopes. */
  scopes: readonly string[]
  /** The settings to copy, with placeholders for secrets. */
  settings:
    | { as: 'env'; /** The content of `.env`. */ text: string }
    | {
        as: 'code'
        /** A string literal. */
        clientId: string
        /** A string literal. */
        redirectUri: string
        /** An array literal. */
        scopes: string
      }
  /** The doctor's last results; `null`: it has not run yet. */
  examination: { lines: readonly Finding[]; at: FormattedTime } | null
}
