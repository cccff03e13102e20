import { Pool } from 'undici'

/** A page, or a redirect, that a server answered with. */
export interface Page {
  status: number
  location: string | undefined
  text: string
}

/** Keep-alive connections to one server. */
export interface Connection {
  readonly pool: Pool
  /** The `Host` that people would have asked for. */
  readonly host: string
}

/** Connections to the server at `origin`, asked for as `host`. */
export function connectTo(origin: string, host: string, connections: number): Connection {
  return { pool: new Pool(origin, { connections, pipelining: 1, keepAliveTimeout: 60_000 }), host }
}

/** Somebody new with a browser: it keeps cookies, and follows nothing by itself. */
export class Visitor {
  readonly #connection: Connection
  readonly #cookies = new Map<string, string>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get(path: string): Promise<Page> {
    return this.#send('GET', path)
  }

  /** Sends a form of the server's own page. */
  post(path: string, form: URLSearchParams): Promise<Page> {
    return this.#send('POST', path, form)
  }

  async #send(method: 'GET' | 'POST', path: string, form?: URLSearchParams): Promise<Page> {
    const { pool, host } = this.#connection
    const scheme = host.startsWith('127.') ? 'http' : 'https'
    const { statusCode, headers, body } = await pool.request({
      method,
      path,
      headers: {
        host,
        accept: 'text/html',
        // As its proxy says: without it, sessions get no cookie.
        ...(scheme === 'https' && { 'x-forwarded-proto': scheme }),
        ...(this.#cookies.size > 0 && { cookie: this.#cookieHeader() }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin: `${scheme}://${host}` }),
      },
      body: form?.toString() ?? null,
    })
    for (const cookie of [headers['set-cookie'] ?? []].flat()) this.#keep(cookie)
    const { location } = headers
    return { status: statusCode, location: [location].flat()[0], text: await body.text() }
  }

  #cookieHeader(): string {
    return Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ')
  }

  #keep(cookie: string): void {
    const end = cookie.indexOf(';')
    const pair = end < 0 ? cookie : cookie.slice(0, end)
    const equals = pair.indexOf('=')
    this.#cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
  }
}
