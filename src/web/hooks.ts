import type { Request, Response } from 'express'
import type { Account } from '../accounts/account.ts'
import type { Explained } from '../login/explain.ts'
import type { PageLocals, Views } from './views.ts'

/**
 * What the app around us decides. Each is awaited, and may answer: whatever is not answered once it is over is answered by us. Its
 * answer may be one that is still being rendered or sent when it returns (`response.render`, `response.sendFile`, a stream); for what
 * it does later than that it has to return a promise. (Without one we answer in its place; where it does then too, the log says so, and
 * only the first answer goes out.) On its answers are the headers that say what a page may do (such as
 * Content-Security-Policy) as your app has set them, and not ours.
 */
export interface Hooks {
  /**
   * Called after each login that ended well, with the account that is connected now: what that means is for you to say, such as to
   * note `account.key` with your own user. Default, and where it does not answer: the person goes where the login was to return to, else to our
   * page of the account. What it throws is logged; the person is told that your site could not go on, and stays connected.
   */
  onConnected?:
    ((account: Account, request: Request, response: Response, login: ConnectedLogin) => unknown) | undefined
  /**
   * Called after each login that failed, with what that means; its `status` is set already. Default, and where it does not answer: our page
   * about that failure. What it throws is logged.
   */
  onFailure?: ((failure: Explained, request: Request, response: Response) => unknown) | undefined
  /**
   * Called for every page of ours, to show yours in its place: by its name, with all that it shows; its status is set already. Default, and
   * where it does not answer: our page. What it throws is logged.
   *
   * ```ts
   * render(view, locals, request, response) {
   *   if (view === 'index') response.render('connect', { link: locals.getStarted })
   * }
   * ```
   */
  render?: ((...page: Page) => unknown) | undefined
}

/** A login that ended well. */
export interface ConnectedLogin {
  /** Where the person asked to go, as a whole address of an allowed origin; `undefined`: it was not said. */
  returnTo: string | undefined
  /** Whether it ended well before, and its callback came once more: reloaded, or clicked twice. */
  isRepeated: boolean
}

/** The name of a view of ours. */
export type ViewName = keyof Views

/** All that a view shows. */
export type ViewLocals<View extends ViewName = ViewName> = Views[View] & PageLocals

/** What {@link Hooks.render} is called with: whoever asks for the name of the view knows the type of its locals. */
export type Page = {
  [View in ViewName]: [view: View, locals: ViewLocals<View>, request: Request, response: Response]
}[ViewName]
