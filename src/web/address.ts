/** Where people reach us: the last part of the redirect URI's path is where they come back, and what stands before it is ours. */
export interface Address {
  /** Scheme, host and port: `https://example.com`. */
  origin: string
  /** The path under which all of ours lies: `/instagram`, or empty. Proxies take beginnings of paths away, so that no request tells it. */
  base: string
  /** Both: what stands before every path of ours. */
  url: string
  /** The path of the redirect URI under the base: `/response`. */
  callback: string
}

/** The address that a redirect URI tells. */
export function addressOf(redirectUri: string): Address {
  const { origin, pathname } = new URL(redirectUri)
  const [, base = '', callback = ''] = /^(.*)(\/[^/]+)\/?$/.exec(pathname) ?? []
  return { origin, base, url: origin + base, callback }
}

/** Where a person connects the account with this id again. */
export function reconnectUrl({ url }: Address, { id }: { id: string }): string {
  return `${url}/reconnect/${id}`
}
