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

/** A path as Express has to be told it, so that it is that path alone: each sign of a pattern stands for itself. */
export function asRoute(path: string): string {
  return path.replace(/[{}()[\]+?!:*\\]/g, '\\$&')
}

/**
 * How our cookies are called at an address: by https they are `__Host-`, by http their names hold the port, for all apps on localhost share
 * their cookies; and each base has others, for all cookies of a host come to all of its apps.
 */
export function cookieName({ origin, base }: Address): { name: (what: string) => string; secure: boolean } {
  const { protocol, port } = new URL(origin)
  const secure = protocol === 'https:'
  const app = secure ? '__Host-instagram-access-token' : `instagram-access-token-${port || '80'}`
  const place = base.replace(/[^\w/-]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`).replaceAll('/', '.')
  return { name: (what) => app + what + place, secure }
}

/** Where a person connects the account with this id again. */
export function reconnectUrl({ url }: Address, { id }: { id: string }): string {
  return `${url}/reconnect/${id}`
}
