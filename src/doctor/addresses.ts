import type { Installation } from './installation.ts'
import { type Line, ok, unknown, wrong } from './line.ts'

const NAME = 'Addresses'

/** Graph versions below this one are no longer served: v20.0 ended on 24 September 2026. */
const OLDEST_VERSION = 21

const META = /(^|\.)(instagram|facebook)\.com$/

const RIGHT = [
  ['authorizeUrl', 'INSTAGRAM_AUTHORIZE_URL', 'https://www.instagram.com/oauth/authorize'],
  ['tokenUrl', 'INSTAGRAM_TOKEN_URL', 'https://api.instagram.com/oauth/access_token'],
  ['graphUrl', 'INSTAGRAM_GRAPH_URL', 'https://graph.instagram.com'],
] as const

/** Whether Instagram is asked where it is. What is no address of Meta's is taken for a stand-in. */
export function checkAddresses({ settings }: Pick<Installation, 'settings'>): Line[] {
  const lines = RIGHT.flatMap(([which, variable, right]) => lineFor(settings[which], variable, right))
  const [, major] = /^v(\d+)\./.exec(settings.graphVersion ?? '') ?? []
  if (major !== undefined && Number(major) < OLDEST_VERSION)
    lines.push(
      wrong(
        NAME,
        `INSTAGRAM_GRAPH_VERSION is ${settings.graphVersion ?? ''}, which Meta no longer serves.`,
        'Leave it empty, or write v26.0.',
      ),
    )
  return lines.length > 0 ? lines : [ok(NAME, 'Instagram is asked where it is, or where its stand-in is.')]
}

function lineFor(address: string | undefined, variable: string, right: string): Line[] {
  if (address === undefined || address === right) return []
  const url = new URL(address)
  if (!META.test(url.hostname)) return []
  const elsewhere = url.hostname !== new URL(right).hostname
  const fix = `Leave ${variable} empty, or write ${right}.`
  if (elsewhere && url.hostname.endsWith('facebook.com'))
    return [wrong(NAME, `${variable} names ${url.hostname}: that is Facebook Login, another product.`, fix)]
  if (elsewhere)
    return [wrong(NAME, `${variable} names ${url.hostname}, where Instagram does not answer this.`, fix)]
  if (/\/v\d/.test(url.pathname))
    return [wrong(NAME, `${variable} has a version in its path; the addresses of tokens have none.`, fix)]
  return [unknown(NAME, `${variable} is not the address that we know.`, fix)]
}
