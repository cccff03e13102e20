import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { helpCodes, instagramErrors } from '../../src/errors/catalogue.ts'
import { person } from '../support/person.ts'
import { type ScrapedMetrics, scrape } from '../support/scraped.ts'
import { startApiWorld } from './support.ts'

/** A metric that is used: its name and, within braces, the labels that are asked for. */
interface Use {
  name: string
  labels: { label: string; values: string[] }[]
}

function usesIn(file: string): Use[] {
  const path = join(import.meta.dirname, '../../monitoring', file)
  const text = readFileSync(path, 'utf8').replaceAll('\\"', '"')
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

/** Logins are counted by the code of the error, calls to Instagram by its kind. */
const OUTCOMES = ['connected', 'ok', ...helpCodes, ...Object.values(instagramErrors).map(({ kind }) => kind)]

/** Whether a label can have a value, for each label with a closed list of values. */
const CAN_BE: Record<string, (value: string, metrics: ScrapedMetrics) => boolean> = {
  outcome: (value) => OUTCOMES.includes(value),
  status: (value, { text }) => /^[1-5]xx$/.test(value) || text.includes(`instagram_accounts{status="${value}"}`),
  route: (value) => value.startsWith('/'),
}

let started: ScrapedMetrics
let metrics: ScrapedMetrics

beforeAll(async () => {
  await using world = await startApiWorld()
  started = await scrape(world)
  await person(world).login()
  metrics = await scrape(world)
})

test.each(['grafana-dashboard.json', 'alerts.yml'])('every metric and label of %s is in a real scrape', (file) => {
  const uses = usesIn(file)

  const unknown = uses.flatMap(({ name, labels }) => [
    ...(new RegExp(`^${name}(\\{| )`, 'm').test(metrics.text) ? [] : [name]),
    ...labels
      .filter(
        ({ label, values }) =>
          !new RegExp(`^${name}\\{.*\\b${label}="`, 'm').test(metrics.text) ||
          values.some((value) => !CAN_BE[label]?.(value, metrics)),
      )
      .map(({ label, values }) => `${name} ${label} ${values.join('|')}`),
  ])

  expect(uses.length).toBeGreaterThan(10)
  expect(unknown).toStrictEqual([])
})

test('every outcome that alerts.yml names is counted from 0, so that an alert sees the first one', () => {
  const missing = usesIn('alerts.yml').flatMap(({ name, labels }) =>
    labels
      .filter(({ label }) => label === 'outcome')
      .flatMap(({ values }) => values)
      .filter((value) => !new RegExp(`^${name}\\{.*\\boutcome="${value}".*\\} 0$`, 'm').test(started.text)),
  )

  expect(missing).toStrictEqual([])
})

test('the dashboard shows every metric of the app', () => {
  const names = Array.from(metrics.text.matchAll(/^# TYPE ((?:instagram|http)_\w+)/gm), ([, name]) => name)
  const shown = usesIn('grafana-dashboard.json').map(({ name }) => name.replace(/_(bucket|count|sum)$/, ''))

  expect(names.length).toBeGreaterThan(7)
  expect(names.filter((name) => !shown.includes(name ?? ''))).toStrictEqual([])
})
