import { type BrowserContext, chromium, type Page, type Browser as Process } from 'playwright-core'
import { expect, inject, onTestFinished } from 'vitest'

/** Milliseconds that a page has for everything: far more than it needs, because the machine may be busy. */
const TIME_LIMIT_MS = 45_000

interface BrowserOptions {
  /** Default: on. */
  javaScript?: boolean
  /** Off: every cookie is lost before the next request. Default: on. */
  cookies?: boolean
  /** Whether to accept untrusted certificates. Default: no. */
  anyCertificate?: boolean
  /** Added to every request, such as by a proxy. */
  headers?: Record<string, string>
  /** In CSS pixels. */
  width?: number
  /** Such as `Asia/Tokyo`. Default: that of the machine. */
  timezone?: string
  /** Default: that of Chromium. */
  userAgent?: string
}

const NOTE_COPIED_TEXT = `if (navigator.clipboard) {
  const write = navigator.clipboard.writeText.bind(navigator.clipboard)
  navigator.clipboard.writeText = async (text) => {
    await write(text)
    window.copiedText = text
  }
}`

/** A person's browser, with cookies and a history of its own. */
export interface Browser extends AsyncDisposable {
  /** Opens an address in a new tab, and waits until the page is loaded. */
  open(address: string): Promise<Page>
  /** Takes over the cookies of a person at an origin: what they did there was quicker without a browser. */
  continueAs(person: { cookies: ReadonlyMap<string, string> }, origin: string): Promise<void>
  /** Allows pages to use the clipboard. Read it by `copiedText`: other tests use the same one at the same time. */
  allowClipboard(): Promise<void>
  /** What none of our pages does, with its address. The test fails if any is left. */
  faults: string[]
}

/** One connection for all test files of a worker, which share this module. It ends with the worker. */
let connection: Promise<Process> | undefined

/** A new browser, closed with the test. The process behind it is the same for all tests. */
export async function openBrowser({
  javaScript = true,
  cookies = true,
  anyCertificate = false,
  headers = {},
  width = 1280,
  timezone,
  userAgent,
}: BrowserOptions = {}): Promise<Browser> {
  connection ??= chromium.connect(inject('chromium'))
  const context = await (
    await connection
  ).newContext({
    javaScriptEnabled: javaScript,
    ignoreHTTPSErrors: anyCertificate,
    extraHTTPHeaders: headers,
    colorScheme: 'light',
    viewport: { width, height: 800 },
    ...(timezone && { timezoneId: timezone }),
    ...(userAgent && { userAgent }),
  })
  context.setDefaultTimeout(TIME_LIMIT_MS)
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
    continueAs: ({ cookies }, url) =>
      context.addCookies(Array.from(cookies, ([name, value]) => ({ name, value, url }))),
    async allowClipboard() {
      await context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await context.addInitScript(NOTE_COPIED_TEXT)
    },
    faults,
    [Symbol.asyncDispose]: () => context.close(),
  }
}

/** The text that a page copied last. */
export function copiedText(page: Page): Promise<string> {
  return page.evaluate<string>('window.copiedText')
}

/** Errors on the console, which include violations of the CSP; exceptions; missing resources; requests to other machines. */
function watchForFaults(context: BrowserContext): string[] {
  const faults: string[] = []
  context.on('console', (message) => {
    // Error pages cause such a message too. Missing resources are found below.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return
    faults.push(`console: ${message.text()}`)
  })
  context.on('weberror', (thrown) => faults.push(`exception: ${thrown.error().message}`))
  context.on('request', (request) => {
    if (!isLocal(request.url())) faults.push(`outside: ${request.url()}`)
  })
  context.on('requestfailed', (request) => {
    // A resource that was still loading when the page was left.
    if (request.failure()?.errorText === 'net::ERR_ABORTED' || !isLocal(request.url())) return
    faults.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`)
  })
  context.on('response', (response) => {
    if (response.request().isNavigationRequest() || response.status() < 400) return
    faults.push(`${response.status()}: ${response.url()}`)
  })
  return faults
}

function isLocal(address: string): boolean {
  const { protocol, hostname } = new URL(address)
  return !protocol.startsWith('http') || hostname === 'localhost' || hostname === '127.0.0.1'
}
