import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Explained } from '../login/explain.ts'
import { createTemplates } from '../web/templates.ts'
import { VIEWS } from '../web/views.ts'

/** How a login ended, for the browser that it ended in: well, with the name of the account, or not. */
export type Closing = {
  /** Whether invented people are here. */
  isSandbox: boolean
} & ({ account: string; failure: null } | { account: null; failure: Explained })

/** A page that needs nothing more from us: we are gone when the browser would ask. */
interface ClosingPage {
  html: string
  /** By which its script is known to be ours. */
  nonce: string
}

/** The page at which a login ends. */
export function closingPage(closing: Closing): ClosingPage {
  const nonce = randomBytes(16).toString('base64')
  const html = createTemplates(VIEWS)('closing', {
    ...closing,
    nonce,
    icon: inAddress('image/svg+xml', 'icon.svg'),
    style: inAddress('text/css', 'style.css'),
  })
  return { html, nonce }
}

/** Headers that keep it to itself. */
export function closingHeaders({ nonce }: ClosingPage): Record<string, string> {
  return {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:; style-src data:; script-src 'nonce-${nonce}'`,
    'Content-Type': 'text/html; charset=utf-8',
    // So that the last connection ends with it, and the command too.
    Connection: 'close',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  }
}

function inAddress(type: string, asset: string): string {
  return `data:${type};base64,${readFileSync(join(VIEWS, 'assets', asset), 'base64')}`
}
