import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, fetch } from 'undici'
import { type Decision, decide } from '../../src/sandbox/decide.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { freePort } from '../support/place.ts'

export const CLI = join(import.meta.dirname, '../../src/cli.ts')

export const CLIENT_ID = '990602627938098'
export const SECRET = 'c1ient-secret-marked-canary-7f3a91'

/** Milliseconds in which a command says something more. */
const PATIENCE_MS = 10_000

/** Makes the command believe that somebody sits there. */
const ATTENDED = `import { WriteStream } from 'node:tty'
  process.stdin.isTTY = true
  for (const stream of [process.stdout, process.stderr])
    Object.assign(stream, { isTTY: true, columns: 100, getColorDepth: WriteStream.prototype.getColorDepth })`

/** As on somebody's laptop: a home and a folder of their own, and a sandbox that knows their app. `command`: what is run there. */
export async function laptop(
  change: { redirectUri?: string; command?: readonly [string, ...string[]] } = {},
) {
  await using starting = new AsyncDisposableStack()
  const home = await mkdtemp(join(tmpdir(), 'laptop-'))
  starting.defer(() => rm(home, { recursive: true, force: true }))
  const port = await freePort()
  const { redirectUri = `https://localhost:${port}/response`, command = [process.execPath, CLI] } = change
  const [program, ...words] = command
  const app = { clientId: CLIENT_ID, clientSecret: SECRET, redirectUris: [redirectUri] }
  const sandbox = starting.adopt(await startSandbox({ port: 0, app }), (started) => started.close())
  const running: ChildProcess[] = []
  starting.defer(() => {
    for (const child of running) if (child.exitCode === null) child.kill('SIGKILL')
  })
  const user = join(home, 'data', 'instagram-access-token')
  const ending = starting.move()

  /** Without an app. */
  const nothing: Record<string, string> = {
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    PATH: process.env['PATH'] ?? '',
    INSTAGRAM_AUTHORIZE_URL: sandbox.authorizeUrl,
    INSTAGRAM_TOKEN_URL: sandbox.tokenUrl,
    INSTAGRAM_GRAPH_URL: sandbox.graphUrl,
  }
  const settings: Record<string, string> = {
    ...nothing,
    INSTAGRAM_CLIENT_ID: CLIENT_ID,
    INSTAGRAM_CLIENT_SECRET: SECRET,
    INSTAGRAM_REDIRECT_URI: redirectUri,
  }

  /** Starts the command; what it is to read is written to its `stdin`, which stays open. */
  function start(args: readonly string[], environment: Record<string, string> = {}, base = settings) {
    const child = spawn(program, [...words, ...args], { cwd: home, env: { ...base, ...environment } })
    running.push(child)
    const texts = { stdout: '', stderr: '' }
    child.stdout.on('data', (text) => (texts.stdout += String(text)))
    child.stderr.on('data', (text) => (texts.stderr += String(text)))
    const ended = once(child, 'close').then(([status]) => ({ status: status as unknown, ...texts }))
    let read = 0
    /** What stands in its words first, behind what was waited for before. */
    const says = async (pattern: RegExp | string): Promise<string> => {
      const wanted = typeof pattern === 'string' ? new RegExp(RegExp.escape(pattern)) : pattern
      for (;;) {
        const found = wanted.exec(texts.stderr.slice(read))
        if (found) {
          read += found.index + found[0].length
          return found[1] ?? found[0]
        }
        const signal = AbortSignal.timeout(PATIENCE_MS)
        const next = await Promise.race([once(child.stderr, 'data', { signal }), ended]).catch(
          () => undefined,
        )
        if (!next || 'status' in next) throw new Error(`It does not say ${String(pattern)}: ${texts.stderr}`)
      }
    }
    return {
      child,
      ended,
      says,
      /** Where the person is to go. */
      link: () => says(/(http[^\s\p{C}]+\/oauth\/authorize[^\s\p{C}]+)/u),
      types: (text: string) => child.stdin.write(text),
    }
  }

  /** Opens a page of the command's as a browser that trusts its certificate. */
  async function visit(address: URL | string) {
    const ca = await readFile(join(user, 'localhost-1.pem'), 'utf8').catch(() => undefined)
    const dispatcher = new Agent({ connect: { ...(ca && { ca }) } })
    try {
      const answer = await fetch(address, { dispatcher })
      return { status: answer.status, headers: answer.headers, text: await answer.text() }
    } finally {
      await dispatcher.close()
    }
  }

  return {
    home,
    /** Where this user's accounts are kept. */
    user,
    port,
    redirectUri,
    sandbox,
    nothing,
    start,
    visit,
    run: (args: readonly string[], environment: Record<string, string> = {}, base = settings) => {
      const running = start(args, environment, base)
      running.child.stdin.end()
      return running.ended
    },
    /** A whole login: what the command printed in the end. */
    async login(args: readonly string[] = [], decision: Decision = {}) {
      const running = start(args)
      await visit(await decide(await running.link(), decision))
      return running.ended
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** In the environment of a command: somebody sits in front of it. */
export function attended(more = ''): Record<string, string> {
  return {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ATTENDED + more)}`,
    TERM: 'xterm',
  }
}
