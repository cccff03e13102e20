import { Refusal } from './failures.ts'

/** Characters of an address that can be a callback: code and state are some 500 together. */
const LONGEST_ADDRESS = 4000

/**
 * The query of a callback that somebody copied by hand from the address bar, because the page at the redirect URI did not load.
 * `undefined`: what is pasted is something else.
 *
 * @throws {Refusal} `address_foreign` for an answer of Instagram's that was sent elsewhere
 */
export function callbackIn(pasted: string, redirectUri: string): URLSearchParams | undefined {
  const own = new URL(redirectUri)
  // What a browser never sends, and only copying brings along (`#_`), is the fragment, and stays out of the query.
  const answers = addressesIn(pasted.slice(0, LONGEST_ADDRESS), own).filter(
    ({ searchParams }) => searchParams.has('code') || searchParams.has('error'),
  )
  const answer = answers.find(({ origin, pathname }) => origin === own.origin && pathname === own.pathname)
  if (!answer && answers.some(({ searchParams }) => searchParams.has('code') && searchParams.has('state')))
    throw new Refusal('address_foreign')
  return answer?.searchParams
}

/** Every word that can be an address, with or without the scheme that some browsers hide. */
function addressesIn(text: string, { protocol }: URL): URL[] {
  return text
    .split(/[\s"'<>]+/)
    .filter((word) => word.includes('/') && word.includes('?'))
    .map((word) => URL.parse(/^https?:\/\//i.test(word) ? word : `${protocol}//${word}`))
    .filter((address) => address !== null)
}
