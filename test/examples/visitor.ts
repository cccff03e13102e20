import type { Response } from 'supertest'
import type { Decision } from '../../src/sandbox/decide.ts'
import { linkCalled, person } from '../support/person.ts'

/** A person with a browser who follows the redirects of one app. */
export interface Visitor {
  /** Opens a page. */
  open(path: string): Promise<Page>
  /** Follows the link with this text on the page at `path` to Instagram, and returns where Instagram sends the browser. */
  toInstagram(link: string, decision?: Decision, path?: string): Promise<string>
  /** Goes to Instagram and back: the last page. */
  login(link: string, decision?: Decision, path?: string): Promise<Page>
  /** Opens a page that redirects to Instagram, and goes there and back: the last page. */
  loginAt(path: string, decision?: Decision): Promise<Page>
  /** Presses a button of the last page: the next page. */
  press(button: string): Promise<Page>
}

/** A page as the visitor sees it. */
export interface Page {
  path: string
  status: number
  text: string
  /** Where it redirects outside the app, such as to Instagram. */
  leadsTo: string | undefined
}

/** A new visitor of the app at `origin`. */
export function visitor(origin: string): Visitor {
  const somebody = person({ origin })
  let last = ''

  async function open(path: string): Promise<Page> {
    return arrive(path, await somebody.get(path))
  }

  async function arrive(path: string, answer: Response): Promise<Page> {
    const location = answer.get('Location')
    const address = location === undefined ? undefined : new URL(location, origin + path)
    if (address?.origin === origin) return open(address.pathname + address.search)
    last = answer.text
    return { path, status: answer.status, text: answer.text, leadsTo: address?.href }
  }

  async function toInstagram(link: string, decision?: Decision, path = '/'): Promise<string> {
    const { text } = await open(path)
    const href = linkCalled(link, text)
    const { leadsTo = '' } = href.startsWith('/') ? await open(href) : { leadsTo: href }
    return somebody.authorize(leadsTo, decision)
  }

  return {
    open,
    toInstagram,
    login: async (link, decision, path) => open(await toInstagram(link, decision, path)),
    async loginAt(path, decision) {
      const { leadsTo = '' } = await open(path)
      return open(await somebody.authorize(leadsTo, decision))
    },
    async press(button) {
      const form = new RegExp(`action="([^"]*)"[^>]*>((?:\\s*<input[^>]*>)*)\\s*<button[^>]*>${button}<`).exec(last)
      const [, action = '', inputs = ''] = form ?? []
      const fields = Array.from(inputs.matchAll(/name="([^"]*)" value="([^"]*)"/g), ([, name, value]) => [name, value])
      return arrive(action, await somebody.submit(action, Object.fromEntries(fields) as Record<string, string>))
    },
  }
}
