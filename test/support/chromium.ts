import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { inflate } from '@sparticuz/chromium'
import { type BrowserServer, chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'

/** A browser on this machine, and the environment that it needs. */
interface Chromium {
  executablePath: string
  env: Record<string, string>
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where playwright connects to the browser. */
    chromium: string
  }
}

/** Starts one browser for all test files: vitest.config.ts names this file. */
// ts-unused-exports:disable-next-line
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startChromium()
  project.provide('chromium', server.wsEndpoint())
  return () => server.close()
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

/** The first browser that starts: the one that `CHROME_PATH` names, else the system's, else npm's. It reaches this machine only. */
async function startChromium(): Promise<BrowserServer> {
  const failures: unknown[] = []
  for await (const { executablePath, env } of candidates()) {
    let server: BrowserServer | undefined
    try {
      server = await chromium.launchServer({ executablePath, env: { ...process.env, ...env }, args: FLAGS })
      await openPage(server)
      return server
    } catch (error) {
      failures.push(error)
      await server?.kill()
    }
  }
  throw new AggregateError(failures, 'No Chromium starts here. Set CHROME_PATH to a Chrome or Chromium.')
}

async function openPage(server: BrowserServer): Promise<void> {
  const browser = await chromium.connect(server.wsEndpoint())
  await browser.newPage()
  await browser.close()
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
  // Machines without libnss3, libnspr4 and libexpat take those of the package, which are built for another Linux.
  yield { executablePath, env: { ...env, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') } }
}

const NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser']
const PLACES = [
  ...(process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name))),
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

const ROOT = join(import.meta.dirname, '../..')
const PACKAGE = join(ROOT, 'node_modules/@sparticuz/chromium')
const CACHE = join(ROOT, 'node_modules/.cache')

/** The folder with npm's browser, its libraries and fonts; complete even if two runs unpack at once or one is killed. */
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
    // Another run was faster.
    if (!existsSync(folder)) throw error
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return folder
}

async function unpackInto(folder: string): Promise<void> {
  const archives = ['chromium.br', 'al2023.tar.br', 'fonts.tar.br']
  const { TMPDIR } = process.env
  // The package unpacks into the folder of temporary files, which it reads now, and has no other setting.
  process.env['TMPDIR'] = folder
  const unpacking = archives.map((archive) => inflate(join(PACKAGE, 'bin', archive)))
  if (TMPDIR === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = TMPDIR
  await Promise.all(unpacking)
  await writeFile(join(folder, 'fonts', 'fonts.conf'), FONTS)
}

/** The system's fonts, and those of the package for machines without any. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
</fontconfig>
`
