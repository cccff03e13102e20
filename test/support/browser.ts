import { type BrowserContext, type Browser as Process, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, onTestFinished } from 'vitest'
import { launch } from './chromium.ts'

interface BrowserOptions {
  /** Off: as with a browser that runs no scripts. */
  javaScript?: boolean
  /** Off: every cookie is lost before the next request. */
  cookies?: boolean
  /** On: goes on where it does not trust the certificate of a page. */
  anyCertificate?: boolean
  colorScheme?: 'light' | 'dark'
  /** In CSS pixels. */
  width?: number
}

/** Somebody's browser, with cookies and a history of its own. */
export interface Browser extends AsyncDisposable {
  /** Opens an address in a new tab, and waits until all of it is there. */
  open(address: string): Promise<Page>
  /** Lets its pages use the clipboard. A Chrome with windows lets them write without asking; one without refuses. */
  allowClipboard(): Promise<void>
  /** What no page of ours does, with its address. The test fails on any that is left in it. */
  faults: string[]
}

let chromium: Process

beforeAll(async () => {
  chromium = await launch(inject('chromium'))
})

afterAll(async () => {
  await chromium.close()
})

/** A fresh browser, which is closed with the test. The process behind it is the same for a whole test file. */
export async function openBrowser({
  javaScript = true,
  cookies = true,
  anyCertificate = false,
  colorScheme = 'light',
  width = 1280,
}: BrowserOptions = {}): Promise<Browser> {
  const context = await chromium.newContext({
    javaScriptEnabled: javaScript,
    ignoreHTTPSErrors: anyCertificate,
    colorScheme,
    viewport: { width, height: 800 },
  })
  context.setDefaultTimeout(10_000)
  if (!cookies) {
    await context.route('**', async (route) => {
      await context.clearCookies()
      await route.continue()
    })
  }
  const faults = watchForFaults(context)
  onTestFinished(() => {
    expect(faults).toEqual([])
  })
  return {
    async open(address) {
      const page = await context.newPage()
      await page.goto(address)
      return page
    },
    allowClipboard: () => context.grantPermissions(['clipboard-read', 'clipboard-write']),
    faults,
    [Symbol.asyncDispose]: () => context.close(),
  }
}

/** Errors on the console, which is also where violations of the CSP are told; exceptions; missing resources; calls to other machines. */
function watchForFaults(context: BrowserContext): string[] {
  const faults: string[] = []
  context.on('console', (message) => {
    // A page that is itself an error says so here too; missing resources are seen below.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return
    faults.push(`console: ${message.text()}`)
  })
  context.on('weberror', (thrown) => faults.push(`exception: ${thrown.error().message}`))
  context.on('request', (request) => {
    if (!isHere(request.url())) faults.push(`outside: ${request.url()}`)
  })
  context.on('requestfailed', (request) => {
    // A resource that was still loading when the page was left.
    if (request.failure()?.errorText === 'net::ERR_ABORTED' || !isHere(request.url())) return
    faults.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`)
  })
  context.on('response', (response) => {
    if (response.request().isNavigationRequest() || response.status() < 400) return
    faults.push(`${response.status()}: ${response.url()}`)
  })
  return faults
}

function isHere(address: string): boolean {
  const { protocol, hostname } = new URL(address)
  return !protocol.startsWith('http') || hostname === 'localhost' || hostname === '127.0.0.1'
}
