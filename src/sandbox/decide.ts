import { ERROR_PAGE } from './refusals.ts'

/** Somebody whom one can be on the authorize page. */
export type PersonKey =
  /** A bakery with a business account. */
  | 'business'
  /** Somebody who draws, with a creator account. */
  | 'creator'
  /** A personal account: Instagram turns it away. */
  | 'personal'
  /** A professional account that is no tester of the app: Instagram turns it away. */
  | 'outsider'
  /** Business accounts of their own, as many as are wanted, of up to seven digits. */
  | `guest-${number}`

/** How a person decides on the authorize page. */
export interface Decision {
  /** Who they are. Default: `business`. */
  as?: PersonKey | undefined
  /** Which scopes stay ticked, beside the basic one. Default: all that are asked for. */
  scopes?: readonly string[] | undefined
  /** Whether they press Cancel instead of Allow. Default: no. */
  cancel?: boolean | undefined
}

/**
 * Decides on the authorize page of a sandbox as a person would, and returns the address to which Instagram sends the browser back.
 *
 * @param url Where Get Started leads.
 * @throws Error with Instagram's words where its own page turns the person, or the app, away
 */
export async function decide(
  url: string | URL,
  { as = 'business', scopes = askedIn(url), cancel = false }: Decision = {},
): Promise<URL> {
  const form = new URLSearchParams({ person: as, decision: cancel ? 'cancel' : 'allow' })
  for (const scope of scopes) form.append('scope', scope)
  const answer = await fetch(url, { method: 'POST', body: form, redirect: 'manual' })
  const location = answer.headers.get('location')
  if (location === null)
    throw new Error(
      `The sandbox answered ${answer.status} to the decision of “${as}”, and sends nobody back.`,
    )
  const address = new URL(location, url)
  if (address.pathname === ERROR_PAGE)
    throw new Error(`Instagram sends nobody back: “${address.searchParams.get('message') ?? ''}”`)
  return address
}

function askedIn(url: string | URL): string[] {
  return new URL(url).searchParams.get('scope')?.split(/[,\s]+/) ?? []
}
