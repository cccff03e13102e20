import request from 'supertest'
import { KEY } from '../api/support.ts'
import type { World } from './world.ts'

/** Metrics as Prometheus reads them. */
export interface ScrapedMetrics {
  text: string
  /** The values of a metric by their labels, as they are written in the text. */
  all(name: string): Record<string, number>
  /** Those that are not 0. */
  counted(name: string): Record<string, number>
  /** The value of a metric without labels. */
  one(name: string): number | undefined
}

/** Scrapes the world's first app, which must have the API key of the tests. */
export async function scrape({ origin }: World): Promise<ScrapedMetrics> {
  const { text, status, type } = await request(origin).get('/metrics').set('Authorization', `Bearer ${KEY}`)
  if (status !== 200 || type !== 'text/plain') throw new Error(`No metrics but ${status} ${type}: ${text}`)
  const samples = Array.from(text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm), ([, name, labels, value]) => ({
    name,
    labels: labels ?? '',
    value: Number(value),
  }))
  const all = (name: string) =>
    Object.fromEntries(samples.filter((sample) => sample.name === name).map(({ labels, value }) => [labels, value]))
  const counted = (name: string) => Object.fromEntries(Object.entries(all(name)).filter(([, value]) => value !== 0))
  return { text, all, counted, one: (name) => all(name)[''] }
}
