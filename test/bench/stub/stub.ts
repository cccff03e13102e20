import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Counted, exchange, graph, type StubAnswer } from './answers.ts'
import { PATHS } from './tokens.ts'

// The process that plays Instagram for every contestant: it answers, after a delay that can be set, and counts.

const counts: Record<Counted, number> = { exchange: 0, longLived: 0, profile: 0, refresh: 0, refused: 0 }
let delay = 0

const server = createServer((request, response) => {
  const [path = '', search] = (request.url ?? '').split('?')
  const query = new URLSearchParams(search)
  if (path === '/counts') response.end(JSON.stringify(counts))
  else if (path === '/delay') response.end(String((delay = Number(query.get('ms')))))
  else if (request.method === 'GET') send(response, graph(path, query, bearerOf(request)))
  else if (path === PATHS.token) void answerForm(request, response)
  else response.writeHead(404).end()
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port)
})
process.on('disconnect', () => {
  process.exit()
})

function send(response: ServerResponse, { counted, status, body }: StubAnswer): void {
  counts[counted] += 1
  const write = () =>
    response
      .writeHead(status, {
        'content-type': 'application/json; charset=UTF-8',
        'content-length': Buffer.byteLength(body),
        'x-app-usage': '{"call_count":1,"total_cputime":1,"total_time":1}',
        'x-fb-trace-id': 'EcJ3Vkb7cLb',
        'cache-control': 'private, no-cache, no-store, must-revalidate',
      })
      .end(body)
  if (delay > 0) setTimeout(write, delay)
  else write()
}

async function answerForm(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  send(response, exchange(new URLSearchParams(Buffer.concat(chunks).toString())))
}

function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
}
