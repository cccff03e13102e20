import { fetch } from 'undici'
import { CHECKED_DAY, dayInWords, daysUntil } from '../facts.ts'
import { createAgent } from '../proxy.ts'
import { type Finding, type Installation, ok, quoted, unknown, warning } from './installation.ts'

/** Days after which the facts are considered outdated. */
const FACTS_LAST_DAYS = 180

/** Bytes, milliseconds and entries of the changelog that are read. */
const [SIZE_LIMIT, TIME_LIMIT_MS, MAX_ENTRIES] = [1024 * 1024, 5_000, 10]

/** Checks how old this version's facts about Instagram are. */
export function checkFacts({ now }: Pick<Installation, 'now'>): Finding {
  const age = -daysUntil(CHECKED_DAY, now())
  const says = `This version’s facts about Instagram were checked on ${dayInWords(CHECKED_DAY)}`
  if (age <= FACTS_LAST_DAYS) return ok('Facts', `${says}.`)
  const fix = 'Install the latest version. The command “doctor --online” lists Meta’s changes since then.'
  return warning('Facts', `${says}, ${age} days ago.`, fix)
}

/** Lists the entries of Meta's changelog that are newer than the facts. `feed`: its address (RSS); `undefined`: it is not read. */
export async function checkChangelog({ config }: Installation, feed: string | undefined): Promise<Finding[]> {
  if (feed === undefined) return []
  const name = 'Meta’s changelog'
  const dispatcher = createAgent(config.proxy, { maxResponseSize: SIZE_LIMIT })
  try {
    const response = await fetch(feed, { dispatcher, signal: AbortSignal.timeout(TIME_LIMIT_MS) })
    const [, ...items] = (await response.text()).split('<item>')
    if (!response.ok || items.length === 0)
      return [unknown(name, `${quoted(feed)} answered ${response.status}, without entries.`, 'Open it in a browser.')]
    const entries = items.map((item) => ({ title: textOf(item, 'title'), time: Date.parse(textOf(item, 'pubDate')) }))
    const isNew = ({ time }: { time: number }) => Number.isNaN(time) || daysUntil(CHECKED_DAY, new Date(time)) < 0
    const newer = entries.filter(isNew).slice(0, MAX_ENTRIES)
    if (newer.length === 0) return [ok(name, `No entries since ${dayInWords(CHECKED_DAY)}.`)]
    const fix = `Read ${feed.replace(/rss\/$/, '')}, and install the latest version.`
    return newer.map(({ title, time }) => {
      const day = Number.isNaN(time) ? 'No date' : dayInWords(new Date(time).toISOString().slice(0, 10))
      return warning(name, `${day}: ${quoted(title)}.`, fix)
    })
  } catch (error) {
    const { message } = (error instanceof Error && error.cause instanceof Error ? error.cause : error) as Error
    return [unknown(name, `${quoted(feed)} cannot be read: ${message}.`, 'Try again with an internet connection.')]
  } finally {
    await dispatcher.destroy()
  }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", amp: '&' }

/** The text of an element in an item of a feed. */
function textOf(item: string, element: string): string {
  const [, after = ''] = item.split(`<${element}>`, 2)
  const text = after
    .slice(0, after.indexOf(`</${element}>`))
    .trim()
    .replace(/^<!\[CDATA\[|\]\]>$/g, '')
  return text.replace(/&([\w#]+);/g, (entity, name: string) => ENTITIES[name] ?? entity)
}
