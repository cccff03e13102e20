import request, { type Response } from 'supertest'
import { type Decision, decide } from '../../src/sandbox/decide.ts'
import type { World } from './world.ts'

/** A person with a browser that keeps cookies, follows no redirect by itself, and runs no script. */
export interface Person {
  cookies: Map<string, string>
  /** An empty header is not sent. */
  get(path: string, headers?: Record<string, string>): Promise<Response>
  post(path: string, headers?: Record<string, string>): Promise<Response>
  /** Sends a form of one of our pages. */
  submit(path: string, fields: Record<string, string>): Promise<Response>
  /** Opens the start page and returns the address of Get Started. */
  getStarted(): Promise<string>
  /**
   * Decides on the authorize page, and returns path and query of where Instagram sends the browser. `href`: its address, or a path of the
   * app that redirects there.
   */
  authorize(href: string, decision?: Decision): Promise<string>
  /** Get Started, authorize, callback: returns the last page. */
  login(decision?: Decision): Promise<Response>
}

/**
 * A person in front of the world's first app, or of the one at `origin`.
 *
 * @param cookies Default: none. A person with another one's cookies uses the same browser.
 * @param added Headers of every request, such as those of a proxy.
 */
export function person(
  world: Pick<World, 'origin'>,
  origin = world.origin,
  cookies = new Map<string, string>(),
  added: Readonly<Record<string, string>> = {},
): Person {
  async function send(method: 'get' | 'post', path: string, headers: Record<string, string> = {}, form = '') {
    const sent = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const server = request(origin)
    const given = Object.entries({ Cookie: sent, ...added, ...headers }).filter(([, value]) => value !== '')
    const sending = server[method](path).set(Object.fromEntries(given))
    const answer = await (form ? sending.type('form').send(form) : sending)
    for (const cookie of answer.get('Set-Cookie') ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    return answer
  }

  const somebody: Person = {
    cookies,
    get: (path, headers) => send('get', path, headers),
    post: (path, headers) => send('post', path, { 'Sec-Fetch-Site': 'same-origin', ...headers }),
    submit: (path, fields) =>
      send('post', path, { 'Sec-Fetch-Site': 'same-origin' }, new URLSearchParams(fields).toString()),

    async getStarted() {
      const page = await somebody.get('/')
      return linkCalled('Get Started', page.text)
    },

    async authorize(href, decision) {
      const address = href.startsWith('/') ? ((await somebody.get(href)).headers['location'] ?? '') : href
      const { pathname, search } = await decide(address, { scopes: [], ...decision })
      return pathname + search
    },

    async login(decision) {
      return somebody.get(await somebody.authorize(await somebody.getStarted(), decision))
    },
  }
  return somebody
}

/** The address of the link with this text. */
export function linkCalled(text: string, page: string): string {
  const [, href] = new RegExp(`<a\\b[^>]*\\bhref="([^"]*)"[^>]*>${text}</a>`).exec(page) ?? []
  if (!href) throw new Error(`There is no link “${text}” in:\n${page}`)
  return href.replaceAll('&amp;', '&')
}
