import { Refusal } from './failures.ts'

/** Characters that such an address may have: it goes to Instagram and back, in the state. */
const LONGEST = 1_000

/** Where people may be sent after a login. */
export interface ReturnOptions {
  /** Ours, such as `https://example.com`. */
  origin: string
  /** Others that are as good, each as `URL.origin` writes it. Default: none. */
  returnToOrigins?: readonly string[] | undefined
}

/**
 * Where a person goes after a login, as a whole address. `asked` is a path of ours or an address, and may come from anybody: it is
 * read as a browser reads it, and what it was read as is compared, and returned.
 *
 * @throws {Refusal} `return_to_foreign` where it leads elsewhere, or is longer than 1,000 characters
 */
export function returnAddress(asked: string, { origin, returnToOrigins = [] }: ReturnOptions): string {
  const address = URL.parse(asked, origin)
  const isGood =
    // A browser drops some of these, and what it then reads is not what stands there.
    !/\p{Cc}/u.test(asked) &&
    address !== null &&
    // Not only these have an origin: so has blob:https://…
    ['http:', 'https:'].includes(address.protocol) &&
    [origin, ...returnToOrigins].includes(address.origin) &&
    address.username === '' &&
    address.password === '' &&
    // By itself, as a host may shorten the address to its path, it would be another host.
    !address.pathname.startsWith('//') &&
    address.href.length <= LONGEST
  if (!isGood) throw new Refusal('return_to_foreign')
  return address.href
}
