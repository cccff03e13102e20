import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request } from 'undici'
import { authorizeUrl, exchangeForm, profileUrl, settings } from './settings.ts'

// The floor: the same login with nothing around it. What a server costs beyond this is what it adds.

const states = new Map<string, string>()
const redirectUri = `${settings.origin}/response`

createServer((incoming, outgoing) => {
  const url = new URL(incoming.url ?? '', settings.origin)
  if (url.pathname === '/') startPage(outgoing)
  else
    void callback(url.searchParams, incoming, outgoing).catch(() => {
      outgoing.writeHead(500).end()
    })
}).listen(settings.port, '127.0.0.1')

function startPage(outgoing: ServerResponse): void {
  const state = randomBytes(16).toString('base64url')
  const sid = randomBytes(16).toString('base64url')
  states.set(sid, state)
  send(
    outgoing,
    `<h1>Get an Instagram access token</h1><a href="${authorizeUrl(state, redirectUri).replaceAll('&', '&amp;')}">Get Started</a>`,
    { 'set-cookie': `sid=${sid}; HttpOnly; SameSite=Lax` },
  )
}

async function callback(query: URLSearchParams, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const sid = /sid=([\w-]+)/.exec(incoming.headers.cookie ?? '')?.[1] ?? ''
  const state = states.get(sid)
  states.delete(sid)
  if (state === undefined || state !== query.get('state')) throw new Error('not our state')

  const exchange = await request(settings.tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: exchangeForm(query.get('code') ?? '', redirectUri).toString(),
  })
  const { access_token: token } = (await exchange.body.json()) as { access_token: string }
  const me = await request(profileUrl(token))
  const { username } = (await me.body.json()) as { username: string }
  send(outgoing, `<h1>@${username}</h1><code>${token}</code>`)
}

function send(outgoing: ServerResponse, body: string, headers: Record<string, string> = {}): void {
  outgoing
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      ...headers,
    })
    .end(body)
}
