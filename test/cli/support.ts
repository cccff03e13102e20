import * as childProcess from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { WriteStream } from 'node:tty'
import { Agent, fetch } from 'undici'
import { run } from '../../src/cli/main.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { type Decision, decide } from '../../src/sandbox/decide.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { freePort } from '../support/place.ts'

export const CLI = join(import.meta.dirname, '../../src/cli/start.js')

export const CLIENT_ID = '990602627938098'
export const SECRET = 'c1ient-secret-marked-canary-7f3a91'

/** Milliseconds in which a command says something more. */
const PATIENCE_MS = 20_000

type Environment = Record<string, string>

/** A program and its arguments. */
type Program = readonly [string, ...string[]]

/** What a command printed in the end. */
export interface Ended {
  status: number | null
  stdout: string
  stderr: string
}

/** How a command is started. */
interface Start {
  args: readonly string[]
  environment: Environment
  /** Whether a person sits at a terminal of 100 columns, with colors unless NO_COLOR is set. */
  isTerminal?: boolean
  isProject?: boolean
  /** Variables that only `.env` sets. */
  fromFile?: Environment
}

/** A command that runs. */
export interface Running {
  ended: Promise<Ended>
  /** Everything on both outputs so far. */
  output: () => string
  /** Waits for messages that match, after those that it was waited for before. Returns the match, or its first group. */
  says: (pattern: RegExp | string) => Promise<string>
  /** Where the person is to go. */
  link: () => Promise<string>
  types: (text: string) => void
  /** Ends the input. */
  end: () => void
  signal: (name: NodeJS.Signals) => void
}

/** Runs a command in this process, on streams of its own. */
export function startCommand({
  args,
  environment,
  isTerminal = false,
  isProject = false,
  fromFile = {},
}: Start): Running {
  const stream = () => {
    const through = new PassThrough()
    return isTerminal
      ? Object.assign(through, {
          ...{ isTTY: true, columns: 100, rows: 24, setRawMode: () => through },
          getColorDepth: () => WriteStream.prototype.getColorDepth({ TERM: 'xterm', ...noColor() }),
        })
      : through
  }
  const [input, output, messages] = [stream(), stream(), stream()]
  const terminal = {
    environment: { ...fromFile, ...environment },
    fromFile,
    input,
    output,
    messages,
    isProject,
  } as unknown as Terminal
  return observe(
    output,
    messages,
    () => run(args, terminal),
    (text) => input.write(text),
    () => input.end(),
    (name) => process.emit(name),
  )
}

function noColor(): Environment {
  const { NO_COLOR } = process.env
  return NO_COLOR === undefined ? {} : { NO_COLOR }
}

/** Runs a program in a process of its own. */
function startProcess(
  [program, ...words]: Program,
  { cwd, environment }: { cwd: string; environment: Environment },
): Running {
  const child = childProcess.spawn(program, words, { cwd, env: environment })
  const closed = Promise.withResolvers<number | null>()
  child.on('close', closed.resolve).on('error', closed.reject)
  return observe(
    child.stdout,
    child.stderr,
    () => closed.promise,
    (text) => child.stdin.write(text),
    () => child.stdin.end(),
    (name) => child.kill(name),
  )
}

function observe(
  output: NodeJS.ReadableStream,
  messages: NodeJS.ReadableStream,
  work: () => Promise<number | null>,
  write: (text: string) => unknown,
  end: () => unknown,
  signal: (name: NodeJS.Signals) => unknown,
): Running {
  const texts = { stdout: '', stderr: '' }
  let all = ''
  let changed = Promise.withResolvers<undefined>()
  const append = (name: 'stdout' | 'stderr') => (chunk: unknown) => {
    texts[name] += String(chunk)
    all += String(chunk)
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  }
  output.on('data', append('stdout'))
  messages.on('data', append('stderr'))
  const ended = work().then(async (status) => {
    // Streams deliver in a later turn what was written last.
    await new Promise((resolve) => setImmediate(resolve))
    return { status, ...texts }
  })
  let read = 0
  async function says(pattern: RegExp | string): Promise<string> {
    const wanted = typeof pattern === 'string' ? new RegExp(RegExp.escape(pattern)) : pattern
    const late = AbortSignal.timeout(PATIENCE_MS)
    for (;;) {
      const found = wanted.exec(all.slice(read))
      if (found) {
        read += found.index + found[0].length
        return found[1] ?? found[0]
      }
      const timeout = new Promise<'late'>((resolve) => {
        late.addEventListener('abort', () => {
          resolve('late')
        })
      })
      const next = await Promise.race([changed.promise, ended, timeout])
      if (next !== undefined && !wanted.test(all.slice(read)))
        throw new Error(`It does not say ${String(pattern)}: ${all}`)
    }
  }
  return {
    ended,
    output: () => all,
    says,
    link: () => says(/(http[^\s\p{C}]+\/oauth\/authorize[^\s\p{C}]+)/u),
    types: (text) => void write(text),
    end: () => void end(),
    signal: (name) => void signal(name),
  }
}

/** As on somebody's laptop: a home of their own, and a sandbox that knows their app. `command`: the program that runs in place of ours. */
export async function laptop(change: { redirectUri?: string; command?: Program } = {}) {
  await using starting = new AsyncDisposableStack()
  const home = await mkdtemp(join(tmpdir(), 'laptop-'))
  starting.defer(() => rm(home, { recursive: true, force: true }))
  const port = await freePort()
  const { redirectUri = `https://localhost:${port}/response`, command } = change
  const app = { clientId: CLIENT_ID, clientSecret: SECRET, redirectUris: [redirectUri] }
  const sandbox = starting.adopt(await startSandbox({ port: 0, app }), (started) => started.close())
  const running = new Map<Running, NodeJS.Signals>()
  starting.defer(async () => {
    for (const [each, signal] of running) each.signal(signal)
    await Promise.all(running.keys().map(({ ended }) => ended))
  })
  const dataHome = join(home, 'data')
  const user = join(dataHome, 'instagram-access-token')
  const { XDG_DATA_HOME, PATH = '' } = process.env
  process.env['XDG_DATA_HOME'] = dataHome
  starting.defer(() => {
    if (XDG_DATA_HOME === undefined) delete process.env['XDG_DATA_HOME']
    else process.env['XDG_DATA_HOME'] = XDG_DATA_HOME
  })
  const ending = starting.move()

  /** Without an app. */
  const nothing: Environment = {
    INSTAGRAM_AUTHORIZE_URL: sandbox.authorizeUrl,
    INSTAGRAM_TOKEN_URL: sandbox.tokenUrl,
    INSTAGRAM_GRAPH_URL: sandbox.graphUrl,
  }
  const settings: Environment = {
    ...nothing,
    INSTAGRAM_CLIENT_ID: CLIENT_ID,
    INSTAGRAM_CLIENT_SECRET: SECRET,
    INSTAGRAM_REDIRECT_URI: redirectUri,
  }

  /** Ends a command together with the test. */
  function follow(started: Running, signal: NodeJS.Signals): Running {
    running.set(started, signal)
    void started.ended.finally(() => running.delete(started))
    return started
  }

  /** Starts a program in a process of its own. */
  function spawn(program: Program, environment: Environment = {}, base = settings): Running {
    const user = { HOME: home, XDG_DATA_HOME: dataHome, PATH }
    const options = { cwd: home, environment: { ...user, ...base, ...environment } }
    return follow(startProcess(program, options), 'SIGKILL')
  }

  /** Starts a command with the settings of the app, or those of `base`. */
  function start(args: readonly string[], environment: Environment = {}, base = settings, isTerminal = false): Running {
    if (command) return spawn([...command, ...args], environment, base)
    return follow(startCommand({ args, environment: { ...base, ...environment }, isTerminal }), 'SIGINT')
  }

  /** Opens a page of the command's as a browser that trusts its certificate. */
  async function visit(address: URL | string) {
    const ca = await readFile(join(user, 'localhost-1.pem'), 'utf8').catch(() => undefined)
    const dispatcher = new Agent({ connect: { ...(ca && { ca }) } })
    try {
      const response = await fetch(address, { dispatcher })
      return { status: response.status, headers: response.headers, text: await response.text() }
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
    spawn,
    start,
    /** Starts a command in a terminal. */
    sit: (args: readonly string[], environment: Environment = {}, base = settings) =>
      start(args, environment, base, true),
    visit,
    /** Runs a command without any input. */
    run: (args: readonly string[], environment: Environment = {}, base = settings) => {
      const started = start(args, environment, base)
      started.end()
      return started.ended
    },
    /** A whole login: what the command printed in the end. */
    async login(args: readonly string[] = [], decision: Decision = {}) {
      const started = start(args)
      await visit(await decide(await started.link(), decision))
      return started.ended
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}
