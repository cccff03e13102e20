import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { catalogue } from '../../src/instagram/catalogue/catalogue.ts'
import { explanations } from '../../src/login/failures.ts'
import { startConnected } from '../api/support.ts'
import { type Scraped, scraped } from '../support/scraped.ts'

/** Where a metric is used: its name and, within braces, labels that are asked for. */
interface Use {
  name: string
  labels: { label: string; values: string[] }[]
}

function usesIn(file: string): Use[] {
  const text = readFileSync(join(import.meta.dirname, '../../monitoring', file), 'utf8').replaceAll(
    '\\"',
    '"',
  )
  return Array.from(
    text.matchAll(/\b((?:instagram|http|process|nodejs)_\w+)(?:\{([^}]*)\})?/g),
    ([, name = '', selectors = '']) => ({
      name,
      labels: Array.from(selectors.matchAll(/(\w+)\s*[=!]~?\s*"([^"]*)"/g), ([, label = '', value = '']) => ({
        label,
        values: value.split('|'),
      })),
    }),
  )
}

/** Calls to Instagram are counted by the kind of failure, logins by its name. */
const KINDS = Object.values(catalogue).map(({ kind }) => kind)

/** What a label may say, where that is one of a closed list. */
const KNOWN: Record<string, (value: string, metrics: Scraped) => boolean> = {
  outcome: (value) => ['connected', 'ok', ...Object.keys(explanations), ...KINDS].includes(value),
  status: (value, { text }) =>
    /^[1-5]xx$/.test(value) || text.includes(`instagram_accounts{status="${value}"}`),
  route: (value) => value.startsWith('/'),
}

let metrics: Scraped

beforeAll(async () => {
  await using world = await startConnected()
  metrics = await scraped(world)
})

test.each(['grafana-dashboard.json', 'alerts.yml'])(
  'every metric that %s uses is in a real scrape',
  (file) => {
    const uses = usesIn(file)

    const missing = uses.filter(({ name }) => !new RegExp(`^${name}(\\{| )`, 'm').test(metrics.text))

    expect(uses.length).toBeGreaterThan(10)
    expect(missing).toStrictEqual([])
  },
)

test.each(['grafana-dashboard.json', 'alerts.yml'])(
  'every label and value that %s asks for can come',
  (file) => {
    const unknown = usesIn(file).flatMap(({ name, labels }) =>
      labels.filter(
        ({ label, values }) =>
          !new RegExp(`^${name}\\{.*\\b${label}="`, 'm').test(metrics.text) ||
          values.some((value) => !KNOWN[label]?.(value, metrics)),
      ),
    )

    expect(unknown).toStrictEqual([])
  },
)

test('everything that we count is on the dashboard', () => {
  const ours = Array.from(metrics.text.matchAll(/^# TYPE ((?:instagram|http)_\w+)/gm), ([, name]) => name)
  const shown = usesIn('grafana-dashboard.json').map(({ name }) => name.replace(/_(bucket|count|sum)$/, ''))

  expect(ours.length).toBeGreaterThan(7)
  expect(ours.filter((name) => !shown.includes(name ?? ''))).toStrictEqual([])
})
