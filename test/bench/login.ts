import { APP, codeOf, longLivedToken, PATHS, shortLivedToken } from './stub/tokens.ts'
import { type Connection, type Page, Visitor } from './visitor.ts'

/** What a login needs to know of the server. */
export interface Site {
  connection: Connection
  /** Whether the page in the end shows the token of 60 days. */
  longLived: boolean
}

/** A login that has not begun at all ends after so many redirects and forms. */
const LONGEST_WAY = 5

/**
 * A whole login of somebody new: start page, Get Started (and whatever the server puts between that and Instagram), back to the
 * server, and on to the page with the token of this very login.
 *
 * @throws Error with the page where something else came
 */
export async function logIn({ connection, longLived }: Site, login: number): Promise<void> {
  const visitor = new Visitor(connection)
  const authorizeUrl = await begin(visitor)
  let page = await visitor.get(authorize(authorizeUrl, login))
  for (let hop = 0; page.location !== undefined && hop < LONGEST_WAY; hop += 1)
    page = await visitor.get(pathOf(page.location))

  const token = longLived ? longLivedToken(login) : shortLivedToken(login)
  if (page.status !== 200 || !page.text.includes(token))
    throw new Error(`The page after login ${login} has no token: ${inShort(page)}`)
}

/** The authorize URL to which the server sends somebody who chooses Get Started. */
export async function begin(visitor: Visitor): Promise<string> {
  let page = await visitor.get('/')
  for (let hop = 0; hop < LONGEST_WAY; hop += 1) {
    const next = page.location ?? linkOf(page)
    if (next?.includes(PATHS.authorize)) return next
    page = next === undefined ? await submit(visitor, page) : await visitor.get(pathOf(next))
  }
  throw new Error(`The start page does not lead to Instagram: ${inShort(page)}`)
}

/** Says yes at Instagram: the path and query with which it sends the browser back. */
export function authorize(authorizeUrl: string, login: number): string {
  const asked = new URL(authorizeUrl).searchParams
  if (asked.get('client_id') !== APP.clientId || asked.get('response_type') !== 'code')
    throw new Error('The authorize URL is none')
  const back = new URL(asked.get('redirect_uri') ?? '')
  back.searchParams.set('code', codeOf(login))
  back.searchParams.set('state', asked.get('state') ?? '')
  return back.pathname + back.search
}

function linkOf({ text }: Page): string | undefined {
  return /<a\b[^>]*\bhref="([^"]*)"[^>]*>Get Started<\/a>/.exec(text)?.[1]?.replaceAll('&amp;', '&')
}

/** Presses the button of the page's form, with all that is hidden in it. */
async function submit(visitor: Visitor, page: Page): Promise<Page> {
  const form = /<form\b[^>]*\baction="([^"]*)"[^>]*>([^]*?)<\/form>/.exec(page.text)
  if (!form) throw new Error(`Neither a link nor a form: ${inShort(page)}`)
  const [, action = '', inside = ''] = form
  const fields = new URLSearchParams()
  for (const [, name = '', value = ''] of inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g))
    fields.set(name, value)
  return visitor.post(pathOf(action), fields)
}

function pathOf(location: string): string {
  const { pathname, search } = new URL(location, 'http://server')
  return pathname + search
}

function inShort({ status, location, text }: Page): string {
  return `${status} ${location ?? ''} ${text.slice(0, 400)}`
}
