import type { Response } from 'express'

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
  /** What was wrong with the form that was just sent, if anything. */
  problem: string | null
}

interface HomePage {
  clientId: string
  redirectUris: readonly string[]
  people: readonly {
    key: string
    username: string
    about: string
    /** Null for those whom Instagram turns away. */
    ids: { id: string; userId: string } | null
  }[]
}

/** Renders a page with all that its template uses. */
export function show<Page extends keyof Pages>(res: Response, page: Page, locals: Pages[Page]): void {
  res.render(page, locals)
}
