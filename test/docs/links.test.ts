import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { LLMS_TXT, PAGES, pageAt, proseOf, ROOT } from './support.ts'

const links = [...PAGES, LLMS_TXT].flatMap(({ file, text }) =>
  Array.from(
    proseOf(text).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"|<(https?:[^>]+)>/g),
    ([, ...found]) => ({
      file,
      target: found.find(Boolean) ?? '',
    }),
  ),
)

test('every link in the documentation leads to a file and a heading that exist', () => {
  const isDead = ({ file, target }: { file: string; target: string }) => {
    const [path = '', anchor] = target.split('#')
    const found = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), path))
    return !existsSync(join(ROOT, found)) || (anchor !== undefined && !anchorsIn(found).includes(anchor))
  }

  const local = links.filter(({ target }) => !/^https?:/.test(target))

  expect(local.length).toBeGreaterThan(80)
  expect(local.map(({ file }) => file)).toContain('llms.txt')
  expect(local.filter(isDead)).toStrictEqual([])
})

test('no link leads to the reader’s own machine', () => {
  const bare = PAGES.filter(({ text }) => /https?:\/\/(localhost|127\.)/.test(proseOf(text))).map(({ file }) => file)

  expect(bare).toStrictEqual([])
})

test('every page is reached from the README', () => {
  const reached = new Set(['README.md'])
  for (const from of reached)
    for (const { file, target } of links)
      if (file === from && !target.includes(':')) reached.add(join(dirname(file), target.replace(/#.*/, '')))

  expect(PAGES.filter(({ file }) => !reached.has(file))).toStrictEqual([])
})

test('the README stays short, and each page of docs/ names its audience first', () => {
  const readme = pageAt('README.md')
  const first = PAGES.filter(({ file }) => file.startsWith('docs/')).map(({ text }) => text.split('\n')[2])

  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(160)
  expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(10_000)
  expect(first.filter((line) => !line?.startsWith('For '))).toStrictEqual([])
})

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsIn(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/^ *```.*?^ *```$/gms, '')
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
