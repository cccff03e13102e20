import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { inflate } from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'

/** A browser on this machine, and what must be in its environment. */
interface Chromium {
  executablePath: string
  env: Record<string, string>
}

declare module 'vitest' {
  interface ProvidedContext {
    chromium: Chromium
  }
}

/** Makes a browser ready, once for all test files: vitest.config.ts names this file. */
// ts-unused-exports:disable-next-line
export default async function setup(project: TestProject): Promise<void> {
  project.provide('chromium', await findChromium())
}

/** Starts a browser that reaches this machine only. */
export function launch({ executablePath, env }: Chromium): Promise<Browser> {
  return chromium.launch({ executablePath, env: { ...process.env, ...env }, args: FLAGS })
}

const FLAGS = [
  '--no-sandbox', // root, in CI
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
]

/** The first that starts: the one that `CHROME_PATH` names, else a system's, else npm's. */
async function findChromium(): Promise<Chromium> {
  const failures: unknown[] = []
  for await (const candidate of candidates()) {
    try {
      await tryOut(candidate)
      return candidate
    } catch (error) {
      failures.push(error)
    }
  }
  throw new AggregateError(failures, 'No Chromium starts here. Set CHROME_PATH to a Chrome or Chromium.')
}

async function* candidates(): AsyncGenerator<Chromium> {
  const named = process.env['CHROME_PATH']
  const installed = named ? [named] : PLACES.filter((place) => existsSync(place))
  for (const executablePath of installed) yield { executablePath, env: {} }
  if (named || process.platform !== 'linux' || process.arch !== 'x64') return

  const folder = await unpackedChromium()
  const executablePath = join(folder, 'chromium')
  const env = { FONTCONFIG_FILE: join(folder, 'fonts', 'fonts.conf') }
  yield { executablePath, env }
  // Not there on every machine: libnss3, libnspr4, libexpat. The package brings them, built for another Linux.
  yield { executablePath, env: { ...env, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') } }
}

const NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser']
const PLACES = [
  ...(process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name))),
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

async function tryOut(candidate: Chromium): Promise<void> {
  const browser = await launch(candidate)
  try {
    await browser.newPage()
  } finally {
    await browser.close()
  }
}

const ROOT = join(import.meta.dirname, '../..')
const PACKAGE = join(ROOT, 'node_modules/@sparticuz/chromium')
const CACHE = join(ROOT, 'node_modules/.cache')

/** The folder with npm's browser, its libraries and fonts; whole, even when two runs unpack at once or one is killed. */
async function unpackedChromium(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }
  const folder = join(CACHE, `chromium-${version}`)
  if (existsSync(folder)) return folder

  await mkdir(CACHE, { recursive: true })
  const unfinished = await mkdtemp(`${folder}-unfinished-`)
  try {
    await unpackInto(unfinished)
    await rename(unfinished, folder)
  } catch (error) {
    // Another run was quicker.
    if (!existsSync(folder)) throw error
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return folder
}

async function unpackInto(folder: string): Promise<void> {
  const archives = ['chromium.br', 'al2023.tar.br', 'fonts.tar.br']
  const { TMPDIR } = process.env
  // The package asks for the folder of temporary files, at once, and has no other setting.
  process.env['TMPDIR'] = folder
  const unpacking = archives.map((archive) => inflate(join(PACKAGE, 'bin', archive)))
  if (TMPDIR === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = TMPDIR
  await Promise.all(unpacking)
  await writeFile(join(folder, 'fonts', 'fonts.conf'), FONTS)
}

/** The system's fonts, and for a machine without any those of the package. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
</fontconfig>
`
