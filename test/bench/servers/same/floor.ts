import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { authorizeUrl, settings } from '../settings.ts'
import { database, saveAccount } from './accounts.ts'
import { exchangeCode, fetchAccount } from './instagram.ts'

// The floor of the same job as our app's: node:http, and one transaction for account and session.

const redirectUri = `${settings.origin}/response`
const saveSession = database.prepare('INSERT INTO sessions (sid, data, expires_at) VALUES (?, ?, ?)')
const SESSION_LIFETIME_S = 30 * 24 * 60 * 60

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; object-src 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
}

createServer((incoming, outgoing) => {
  const start = performance.now()
  const { pathname, searchParams } = new URL(incoming.url ?? '', settings.origin)
  outgoing.on('finish', () => {
    const ms = Math.round(performance.now() - start)
    const line = { time: Date.now(), method: incoming.method, path: pathname, status: outgoing.statusCode, ms }
    writeSync(1, `${JSON.stringify(line)}\n`)
  })
  if (pathname === '/') sendStartPage(outgoing)
  else
    void finishLogin(searchParams, incoming, outgoing).catch(() => {
      outgoing.writeHead(500).end()
    })
}).listen(settings.port, '127.0.0.1')

function sendStartPage(outgoing: ServerResponse): void {
  const state = randomBytes(16).toString('base64url')
  const getStarted = authorizeUrl(state, redirectUri).replaceAll('&', '&amp;')
  send(
    outgoing,
    `<h1>Get an Instagram access token</h1><a href="${getStarted}">Get Started</a>`,
    `state=${state}; HttpOnly; SameSite=Lax`,
  )
}

async function finishLogin(query: URLSearchParams, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const [, state] = /\bstate=([\w-]+)/.exec(incoming.headers.cookie ?? '') ?? []
  if (state === undefined || state !== query.get('state')) throw new Error('The state is wrong')
  const { profile, token } = await fetchAccount(await exchangeCode(query.get('code') ?? '', redirectUri))
  const sid = randomBytes(24).toString('base64url')
  database.exec('BEGIN IMMEDIATE')
  try {
    saveAccount(profile, token)
    saveSession.run(sid, JSON.stringify({ accountId: profile.id }), Date.now() + SESSION_LIFETIME_S * 1000)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
  send(
    outgoing,
    `<h1>@${profile.username}</h1><code>${token.value}</code>`,
    `sid=${sid}; HttpOnly; SameSite=Lax; Max-Age=${SESSION_LIFETIME_S}`,
  )
}

function send(outgoing: ServerResponse, body: string, cookie: string): void {
  outgoing.writeHead(200, { ...HEADERS, 'content-length': Buffer.byteLength(body), 'set-cookie': cookie }).end(body)
}
