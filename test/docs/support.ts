import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of this package. */
export const ROOT = join(import.meta.dirname, '../..')

/** A page of the documentation. */
export interface DocumentationPage {
  /** Relative to the folder of this package. */
  file: string
  text: string
}

/** Every page for readers of the repository. */
export const PAGES: readonly DocumentationPage[] = globSync(
  '{*.md,docs/*.md,examples/README.md,test/bench/README.md}',
  { cwd: ROOT },
).map(readPage)

/** The page for programs that read. */
export const LLMS_TXT = readPage('llms.txt')

function readPage(file: string): DocumentationPage {
  return { file, text: readFileSync(join(ROOT, file), 'utf8') }
}

/** The page in this file. */
export function pageAt(file: string): string {
  return PAGES.find((page) => page.file === file)?.text ?? ''
}

/** A fenced block of a page, without its indentation. */
export interface Block {
  language: string
  lines: readonly string[]
  /** The comment right above it; empty: there is none. */
  comment: string
}

/** The fenced blocks of a page. */
export function blocksIn(text: string): Block[] {
  return Array.from(
    text.matchAll(/^(?: *<!-- ([^\n]*) -->\n\n)?( *)```(\w*)\n(.*?)^\2```$/gms),
    ([, comment = '', indentation = '', language = '', code = '']) => ({
      language,
      comment,
      lines: code.split('\n').map((line) => line.slice(indentation.length)),
    }),
  )
}

/** A page without its fenced blocks and code. */
export function proseOf(text: string): string {
  return text.replace(/^ *```.*?^ *```$/gms, '').replace(/`[^`\n]*`/g, '``')
}
