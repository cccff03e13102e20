import { basename } from 'node:path'
import type { Profiler } from 'node:inspector'
import type { Row } from './table.ts'

/** What V8's profiler wrote. */
export type CpuProfile = Profiler.Profile

type Frame = Profiler.ProfileNode['callFrame']

/** One place in the code, or in V8, and the time spent there. */
interface Spent {
  frame: Frame
  /** Milliseconds. */
  self: number
  /** The package or folder that called it, where it is Node's or V8's own. */
  owner: string
}

/** What is no work of the server's: waiting, and the profiler itself. */
const LEFT_OUT = ['(idle)', '(bench)', 'node:inspector']

/** Percent of all below which places are put together. */
const SMALL_PERCENT = 0.3

/**
 * Time by npm package, folder of ours, and module of Node's; the greatest first, and the least put together. `pieces`: by how
 * many it is divided.
 */
export function byPackage(profile: CpuProfile, pieces: number): Row[] {
  const spent = timesOf(profile)
  const self = sums(spent, ({ frame }) => placeOf(frame))
  const owned = sums(spent, ({ owner }) => owner)
  const percent = 100 / spent.reduce((sum, { self }) => sum + self, 0)
  const places = [...new Set([...owned.keys(), ...self.keys()])]
    .map((place) => ({ place, own: self.get(place) ?? 0, behalf: owned.get(place) ?? 0 }))
    .sort((a, b) => b.behalf - a.behalf || b.own - a.own)
  const isSmall = ({ own, behalf }: (typeof places)[number]) => Math.max(own, behalf) * percent < SMALL_PERCENT
  const small = places.filter(isSmall)
  const rest = {
    place: `${small.length} others`,
    own: small.reduce((sum, { own }) => sum + own, 0),
    behalf: small.reduce((sum, { behalf }) => sum + behalf, 0),
  }
  return [...places.filter((place) => !isSmall(place)), rest].map(({ place, own, behalf }) => ({
    place,
    'on behalf ms': behalf / pieces,
    'on behalf %': behalf * percent,
    'self ms': own / pieces,
    'self %': own * percent,
  }))
}

/** Time by function, on its own and not in what it calls; the greatest first. */
export function byFunction(profile: CpuProfile, pieces: number): Row[] {
  const spent = timesOf(profile)
  const total = spent.reduce((sum, { self }) => sum + self, 0)
  const self = sums(spent, ({ frame, owner }) => {
    const { functionName, url, lineNumber } = frame
    const where = url === '' ? `for ${owner}` : `${placeOf(frame)} ${basename(url)}:${lineNumber + 1}`
    return `${functionName || '(anonymous)'}  ${where}`
  })
  return [...self]
    .sort(([, a], [, b]) => b - a)
    .map(([name, own]) => ({ function: name, 'self ms': own / pieces, '%': (own / total) * 100 }))
}

function timesOf({ nodes, samples = [], timeDeltas = [] }: CpuProfile): Spent[] {
  const self = new Map<number, number>()
  for (const [index, id] of samples.entries()) self.set(id, (self.get(id) ?? 0) + (timeDeltas[index] ?? 0) / 1000)

  const byId = new Map(nodes.map((node) => [node.id, node]))
  const spent: Spent[] = []
  const [root] = nodes
  const waiting = root ? [{ node: root, owner: '' }] : []
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { callFrame: frame, children = [], id } = next.node
    const place = placeOf(frame)
    const owner = isNodes(place) && next.owner !== '' ? next.owner : place
    if (!LEFT_OUT.includes(place)) spent.push({ frame, self: self.get(id) ?? 0, owner })
    const below = isNodes(place) ? next.owner : place
    for (const child of children) {
      const node = byId.get(child)
      if (node) waiting.push({ node, owner: below })
    }
  }
  return spent
}

const isNodes = (place: string) => place.startsWith('node:') || place.startsWith('(')

/** Where code stands: a package, a folder of ours, a module of Node's, or V8 itself. */
function placeOf({ url, functionName }: Frame): string {
  const [, packageName] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
  if (packageName !== undefined) return packageName
  const [, folder] = /\/src\/(\w+)(?:\.ts)?/.exec(url) ?? []
  if (folder !== undefined) return `src/${folder}`
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/')
  if (url.includes('/test/bench/')) return '(bench)'
  if (url !== '') return /\.ejs"?$/.test(url) ? 'views' : url.replace(/^wasm:.*/, 'wasm')
  return functionName.startsWith('(') ? functionName : '(native)'
}

function sums<Item extends { self: number }>(items: readonly Item[], key: (item: Item) => string) {
  const totals = new Map<string, number>()
  for (const item of items) totals.set(key(item), (totals.get(key(item)) ?? 0) + item.self)
  return totals
}
