import { expect, onTestFinished, test, vi } from 'vitest'
import { CHECKED_DAY, DAY_MS, DEFAULT_GRAPH_VERSION, GRAPH_VERSIONS, SOURCES } from '../../src/facts.ts'
import { findingsOn, sharedSite, startServer } from './support.ts'

const site = await sharedSite()

function setClock(time: string | number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(time) })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

test.each([
  ['2026-10-22T23:59:59Z', 'ok', /simulates Instagram/],
  ['2026-10-23T00:00:00Z', 'warning', /v21\.0, which expires on 21 January 2027\.$/],
  ['2027-01-21T23:59:59Z', 'warning', /v21\.0, which expires on 21 January 2027\.$/],
  ['2027-01-22T00:00:00Z', 'wrong', /v21\.0, which expired on 21 January 2027: Meta no longer serves it\.$/],
])('at %s v21.0 is %s', async (time, outcome, says) => {
  setClock(time)

  const findings = await site.examine({ INSTAGRAM_GRAPH_VERSION: 'v21.0' })

  expect(findingsOn('Addresses', findings)).toMatchObject([{ outcome, says: expect.stringMatching(says) as string }])
})

test.each([
  ['v19.0', 'wrong', 'INSTAGRAM_GRAPH_VERSION is v19.0, which Meta did not serve on 26 November 2026.'],
  ['v21.1', 'wrong', 'INSTAGRAM_GRAPH_VERSION is v21.1, which Meta did not serve on 26 November 2026.'],
  ['v99.0', 'unknown', 'INSTAGRAM_GRAPH_VERSION is v99.0, which Meta did not serve on 26 November 2026.'],
])('the version %s is %s', async (version, outcome, says) => {
  const findings = await site.examine({ INSTAGRAM_GRAPH_VERSION: version })

  expect(findingsOn('Addresses', findings)).toMatchObject([{ outcome, says }])
})

test('the facts name their sources and the day of their check, and the default version has no end', () => {
  for (const [page, day] of Object.entries(SOURCES)) {
    expect(page).toMatch(/^https:\/\/developers\.facebook\.com\//)
    expect(day >= CHECKED_DAY).toBe(true)
  }
  expect(GRAPH_VERSIONS.find(({ version }) => version === DEFAULT_GRAPH_VERSION)?.last).toBeNull()
})

test('facts count as old from 181 days after their check', async () => {
  setClock(Date.parse(CHECKED_DAY) + 180 * DAY_MS)
  const fresh = await site.examine()
  setClock(Date.parse(CHECKED_DAY) + 181 * DAY_MS)
  const old = await site.examine()

  expect(findingsOn('Facts', fresh)).toMatchObject([{ outcome: 'ok' }])
  expect(findingsOn('Facts', old)).toMatchObject([
    { outcome: 'warning', says: expect.stringMatching(/ checked on 26 November 2026, 181 days ago\.$/) as string },
  ])
})

/**
 * A feed in the form of RSS 2.0. It is invented: Meta's own was not recorded. Titles and days of the older entries are those of Meta's
 * changelog page; the newer ones try what feeds do: CDATA, entities, other time zones, a missing date, control characters.
 */
const FEED = `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel>
<title>Changelog for Instagram Platform</title><link>https://developers.facebook.com/documentation/instagram-platform/changelog/</link>
<item><title>Graph API v28.0 &amp; the &quot;new&quot; login</title><pubDate>Tue, 02 Mar 2027 17:00:00 GMT</pubDate></item>
<item>
  <title><![CDATA[Fewer <fields>]]></title>
  <pubDate>Thu, 26 Nov 2026 23:30:00 -0800</pubDate>
</item>
<item><title>On the day of the check</title><pubDate>Thu, 26 Nov 2026 10:00:00 +0000</pubDate></item>
<item><title>\u001b[31mNo date</title><description>&lt;p&gt;Words&lt;/p&gt;</description></item>
<item><title>New scope values</title><pubDate>Tue, 17 Sep 2024 00:00:00 +0000</pubDate></item>
<item><title>Launch of the new Instagram API with Instagram Login</title><pubDate>Tue, 23 Jul 2024 00:00:00 +0000</pubDate></item>
</channel></rss>`

const serve = (body: string, status = 200) =>
  startServer((_request, response) => response.writeHead(status, { 'content-type': 'application/rss+xml' }).end(body))

test('entries of the changelog that are newer than the facts are listed', async () => {
  const feed = await serve(FEED)

  const findings = findingsOn('Meta’s changelog', await site.examine({}, feed))

  expect(findings.map(({ outcome }) => outcome)).toEqual(['warning', 'warning', 'warning'])
  expect(findings.map(({ says }) => says)).toEqual([
    '2 March 2027: “Graph API v28.0 & the "new" login”.',
    '27 November 2026: “Fewer <fields>”.',
    'No date: “ [31mNo date”.',
  ])
})

test('a changelog without newer entries is fine, and is read only when asked for', async () => {
  const old = await serve(
    '<rss><item><title>Old</title><pubDate>Tue, 17 Sep 2024 00:00:00 +0000</pubDate></item></rss>',
  )

  expect(findingsOn('Meta’s changelog', await site.examine({}, old))).toEqual([
    { outcome: 'ok', says: 'No entries since 26 November 2026.' },
  ])
  expect(findingsOn('Meta’s changelog', await site.examine())).toEqual([])
})

test.each([
  ['nothing listens', 'http://127.0.0.1:2/', /cannot be read: .*ECONNREFUSED/],
  ['it is no address', 'changelog', /cannot be read: /],
])('a changelog that cannot be read because %s is not known, and nothing is wrong', async (_reason, feed, says) => {
  const findings = await site.examine({}, feed)

  expect(findingsOn('Meta’s changelog', findings)).toMatchObject([
    { outcome: 'unknown', says: expect.stringMatching(says) as string },
  ])
})

test.each([
  ['a page', '<!DOCTYPE html><title>Log in</title>', 200],
  ['an error', FEED, 503],
  ['more than a megabyte', `<rss>${'<item>'.repeat(200_000)}`, 200],
])('%s in place of a changelog is not known', async (_what, body, status) => {
  const findings = await site.examine({}, await serve(body, status))

  expect(findingsOn('Meta’s changelog', findings)).toMatchObject([{ outcome: 'unknown' }])
})
