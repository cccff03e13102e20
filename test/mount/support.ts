import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express } from 'express'
import pino from 'pino'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createInstagram } from '../../src/instagram/client.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { ownPaths } from '../../src/web/ownPaths.ts'
import { projectEngine } from '../support/places.ts'
import { CLIENT_ID, CLIENT_SECRET, SESSION_SECRET, TOKEN_KEY } from '../support/world.ts'

/** Somebody's app, and ours mounted in it, with a sandbox that every page speaks of. */
export interface Host extends AsyncDisposable {
  /** Where the host's own pages are. */
  origin: string
  /** Where ours are. */
  home: string
  sandbox: Sandbox
  /** Our log, line by line. */
  log: string[]
  now(): Date
}

/** Starts a host, with our app at `base`. `around`: what the host itself does, before us and after. */
export async function startHost(
  base: string,
  environment: Record<string, string> = {},
  around: { before?: (host: Express) => void; after?: (host: Express) => void } = {},
): Promise<Host> {
  const ending = new AsyncDisposableStack()
  const { url } = ending.use(await projectEngine().place())
  const database = ending.adopt(await openDatabase(url), (opened) => opened.close())
  const server = await listen(ending)
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  const home = `${origin}${base}`
  const app = {
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [`${home}/response`],
    deauthorizeUrl: `${home}/deauthorize`,
    dataDeletionUrl: `${home}/data-deletion`,
  }
  const sandbox = ending.adopt(await startSandbox({ port: 0, app }), (started) => started.close())
  const now = () => sandbox.now()

  const config = readConfig({ SESSION_SECRETS: SESSION_SECRET, TOKEN_KEYS: TOKEN_KEY, ...environment })
  const { authorizeUrl, tokenUrl, graphUrl } = sandbox
  const settings = {
    ...config.instagram,
    ...{ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUri: `${home}/response` },
    ...{ authorizeUrl, tokenUrl, graphUrl },
  }
  const instagram = ending.adopt(createInstagram(settings, now), (client) => client.close())
  const log: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line) => log.push(line) })
  const { site } = createApp({
    config: { ...config, instagram: settings },
    database,
    instagram,
    log: logger,
    now,
  })
  const host = express()
  around.before?.(host)
  const rooms = {
    callback: '/response',
    api: config.apiKeys.length > 0,
    operator: !!config.adminPassword,
    takesTokens: config.takesTokens,
  }
  host.use(base, ownPaths(site, rooms))
  host.use((_request, response) => {
    response.status(404).send('The host has no such page')
  })
  around.after?.(host)
  server.on('request', host)
  return { origin, home, sandbox, log, now, [Symbol.asyncDispose]: () => ending.disposeAsync() }
}

async function listen(ending: AsyncDisposableStack): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  ending.defer(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return server
}
