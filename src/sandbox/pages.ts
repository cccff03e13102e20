import type { Response } from 'express'
import type { NoticeAnswer } from './notice.ts'

interface Pages {
  authorize: AuthorizePage
  error: { message: string }
  forbidden: Record<string, never>
  home: HomePage
}

/** What the authorize page shows. */
export interface AuthorizePage {
  clientId: string
  /** Where the answer will go. */
  redirectUri: string
  forceReauth: boolean
  people: readonly { key: string; username: string; about: string; chosen: boolean }[]
  scopes: readonly { name: string; about: string; required: boolean }[]
  /** What can be made to fail, by the place where it does. */
  failures: readonly FailureGroup[]
  /** What was wrong with the form that was just sent, if anything. */
  problem: string | null
}

/** Failures in one place. */
export interface FailureGroup {
  place: string
  failures: readonly { key: string; title: string; chosen: boolean }[]
}

/** What the home page shows. */
export interface HomePage {
  clientId: string
  redirectUris: readonly string[]
  /** The time by the sandbox's clock: for machines, and for people. */
  now: { exactly: string; inWords: string }
  /** How far the clock was moved forward, if it was. */
  moved: string | null
  /** How far it can be moved at once. */
  steps: readonly string[]
  people: readonly {
    key: string
    username: string
    about: string
    /** Null for those whom Instagram turns away. */
    account: {
      id: string
      userId: string
      /** Tokens by which the app can act for them now. */
      livingTokens: number
      /** The token that was made by the form that was just sent, if it was. */
      generated: string | null
      /** What the app said to Meta, if the form that was just sent made Meta tell it something. */
      told: NoticeAnswer | null
    } | null
  }[]
  /** What was wrong with the form that was just sent, if anything. */
  problem: string | null
}

/** Renders a page with all that its template uses. */
export function show<Page extends keyof Pages>(res: Response, page: Page, locals: Pages[Page]): void {
  res.render(page, locals)
}
