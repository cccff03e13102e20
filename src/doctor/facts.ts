import { fetch } from 'undici'
import { CHECKED_DAY, dayInWords, daysUntil } from '../facts.ts'
import { createAgent } from '../proxy.ts'
import { type Finding, type Installation, ok, quoted, unknown, warning } from './installation.ts'

/** Days after which the facts count as old. */
const FACTS_LAST_DAYS = 180

const CHANGELOG = 'Meta’s changelog'

/** Milliseconds for reading the changelog. */
const TIME_LIMIT_MS = 5_000

/** Bytes of the changelog. */
const SIZE_LIMIT = 1024 * 1024

/** Entries that are listed. */
const MAX_ENTRIES = 10

/** Checks how old our own facts about Instagram are. */
export function checkFacts({ now }: Pick<Installation, 'now'>): Finding {
  const age = -daysUntil(CHECKED_DAY, now())
  const says = `What this version knows about Instagram was checked on ${dayInWords(CHECKED_DAY)}`
  if (age <= FACTS_LAST_DAYS) return ok('Facts', `${says}.`)
  const fix = 'Install the newest version. `doctor --online` lists what Meta has changed since.'
  return warning('Facts', `${says}, ${age} days ago.`, fix)
}

/** Lists the entries of Meta's changelog that are newer than our facts. `feed`: its address (RSS); none: nothing is read. */
export async function checkChangelog({ config }: Installation, feed: string | undefined): Promise<Finding[]> {
  if (feed === undefined) return []
  const dispatcher = createAgent(config.proxy, { maxResponseSize: SIZE_LIMIT })
  try {
    const response = await fetch(feed, { dispatcher, signal: AbortSignal.timeout(TIME_LIMIT_MS) })
    const [, ...items] = (await response.text()).split('<item>')
    if (!response.ok || items.length === 0)
      return [
        unknown(CHANGELOG, `${quoted(feed)} answered ${response.status}, without entries.`, 'Open it in a browser.'),
      ]
    const entries = items.map((item) => ({ title: textOf(item, 'title'), day: dayOf(textOf(item, 'pubDate')) }))
    // An entry without a date is listed too.
    const newer = entries.filter(({ day }) => day === undefined || day > CHECKED_DAY)
    if (newer.length === 0) return [ok(CHANGELOG, `It has nothing newer than ${dayInWords(CHECKED_DAY)}.`)]
    const fix = `Read ${feed.replace(/rss\/$/, '')}, and install the newest version.`
    return newer
      .slice(0, MAX_ENTRIES)
      .map(({ title, day }) =>
        warning(CHANGELOG, `${day ? dayInWords(day) : 'Without a date'}: ${quoted(title)}.`, fix),
      )
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const says = `${quoted(feed)} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`
    return [unknown(CHANGELOG, says, 'Do this again where the internet can be reached.')]
  } finally {
    await dispatcher.destroy()
  }
}

/** The day of a date as RSS writes it (RFC 822). */
function dayOf(date: string): string | undefined {
  const time = Date.parse(date)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().slice(0, 10)
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", amp: '&' }

/** The text of an element in an item of a feed. */
function textOf(item: string, element: string): string {
  const [, after = ''] = item.split(`<${element}>`, 2)
  const [inside = ''] = after.split(`</${element}>`, 1)
  const text = inside.trim().replace(/^<!\[CDATA\[|\]\]>$/g, '')
  return text.replace(/&([\w#]+);/g, (entity, name: string) => ENTITIES[name] ?? entity)
}
