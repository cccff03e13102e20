import { ERROR_PAGE } from './http.ts'
import type { TestUserKey } from './testUsers.ts'

/** A person's decision on the authorize page. */
export interface Decision {
  /** The user to log in as. Default: `business`. */
  as?: TestUserKey | undefined
  /** The scopes to grant, besides the basic one. Default: all that the app requests. */
  scopes?: readonly string[] | undefined
  /** Whether the person presses Cancel instead of Allow. Default: no. */
  cancel?: boolean | undefined
}

/**
 * Submits a decision on a sandbox's authorize page, as a browser would, and returns the URL of the redirect back to the app.
 *
 * @param url The authorize URL of a login.
 * @throws Error with Instagram's message if Instagram's own page refuses the person or the app
 */
export async function decide(
  url: string | URL,
  { as = 'business', scopes = requestedScopes(url), cancel = false }: Decision = {},
): Promise<URL> {
  const form = new URLSearchParams({ person: as, decision: cancel ? 'cancel' : 'allow' })
  for (const scope of scopes) form.append('scope', scope)
  const response = await fetch(url, { method: 'POST', body: form, redirect: 'manual' })
  const location = response.headers.get('location')
  if (location === null)
    throw new Error(
      `The sandbox answered the decision of “${as}” with status ${response.status} instead of a redirect.`,
    )
  const address = new URL(location, url)
  if (address.pathname === ERROR_PAGE)
    throw new Error(`Instagram does not redirect: “${address.searchParams.get('message') ?? ''}”`)
  return address
}

function requestedScopes(url: string | URL): string[] {
  return new URL(url).searchParams.get('scope')?.split(/[,\s]+/) ?? []
}
