import { once } from 'node:events'
import { createServer, request as requestHttp } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { generate } from 'selfsigned'

/** Hosts that only the proxy of {@link startProxy} reaches. */
const HOSTS = ['api.instagram.test', 'graph.instagram.test', 'scontent.cdninstagram.com', 'hooks.test']

/** A proxy to {@link HOSTS}, which one server plays by https. */
export interface Proxy extends AsyncDisposable {
  /** With a user name and a password, which the proxy wants. */
  url: string
  /** Without them. */
  host: string
  /** Where it was to connect to, in this order. */
  targets: string[]
  /** Where the server passes requests on to; `undefined`: it answers 204 itself. */
  behind: string | undefined
  /** The status of its answers; 0: it hangs up. */
  status: number
}

/** Starts a proxy and the server behind it, by a certificate that this process trusts from then on. */
export async function startProxy(): Promise<Proxy> {
  const extensions = [
    { name: 'subjectAltName' as const, altNames: HOSTS.map((value) => ({ type: 2 as const, value })) },
  ]
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'instagram.test' }], { extensions })
  setDefaultCACertificates([...getCACertificates('default'), cert])

  const server = createHttpsServer({ cert, key }, (request, response) => {
    if (proxy.behind === undefined || request.headers.host === 'hooks.test') {
      response.writeHead(204).end()
      return
    }
    const { method, headers } = request
    const passed = requestHttp(proxy.behind + (request.url ?? ''), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    request.pipe(passed)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  const sockets = new Set<Duplex>()
  const front = createServer().listen(0, '127.0.0.1')
  front.on('connect', ({ url = '', headers }, socket: Duplex) => {
    proxy.targets.push(url)
    const isKnown = headers['proxy-authorization'] === `Basic ${Buffer.from('user:pass-canary').toString('base64')}`
    const status = isKnown ? proxy.status : 407
    if (status !== 200) {
      socket.end(status ? `HTTP/1.1 ${status} Refused\r\n\r\n` : '')
      return
    }
    const upstream = connect((server.address() as AddressInfo).port, '127.0.0.1')
    for (const each of [socket, upstream]) sockets.add(each.on('error', () => undefined))
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    socket.pipe(upstream).pipe(socket)
  })
  await once(front, 'listening')

  const host = `127.0.0.1:${(front.address() as AddressInfo).port}`
  const proxy: Proxy = {
    url: `http://user:pass-canary@${host}`,
    host,
    targets: [],
    behind: undefined,
    status: 200,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      for (const each of [front, server]) each.close()
      server.closeAllConnections()
      front.closeAllConnections()
      await Promise.all([front, server].map((each) => once(each, 'close')))
    },
  }
  return proxy
}
