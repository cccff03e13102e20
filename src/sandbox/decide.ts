import { ERROR_PAGE } from './http.ts'
import type { TestUserKey } from './testUsers.ts'

/** How a person decides on the authorize page. */
export interface Decision {
  /** The user to log in as. Default: `business`. */
  as?: TestUserKey | undefined
  /** The scopes that stay ticked, beside the basic one. Default: all that the app asks for. */
  scopes?: readonly string[] | undefined
  /** Whether the person presses Cancel instead of Allow. Default: no. */
  cancel?: boolean | undefined
}

/**
 * Decides on a sandbox's authorize page as a person would in a browser, and returns the address of the redirect back to the app.
 *
 * @param url Where Get Started leads.
 * @throws Error with Instagram's message where its own page refuses the person or the app
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
    throw new Error(`The sandbox answered ${response.status} to the decision of “${as}”, and sends nobody back.`)
  const address = new URL(location, url)
  if (address.pathname === ERROR_PAGE)
    throw new Error(`Instagram sends nobody back: “${address.searchParams.get('message') ?? ''}”`)
  return address
}

function requestedScopes(url: string | URL): string[] {
  return new URL(url).searchParams.get('scope')?.split(/[,\s]+/) ?? []
}
