import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Response } from 'supertest'
import packageJson from '../../package.json' with { type: 'json' }
import type { Decision } from '../../src/sandbox/decide.ts'
import { linkCalled, person } from '../support/person.ts'
import { freePort } from '../support/place.ts'

/** The folder of this package. */
export const ROOT = join(import.meta.dirname, '../..')

/** What `npm run example` puts in front of what it is given, for our own Node. */
export const AS_EXAMPLE = packageJson.scripts.example.split(' ').slice(1)

/** An example that runs. */
export interface Example extends AsyncDisposable {
  /** Where its pages are: `http://localhost:<port>`. */
  origin: string
  /** Whether anybody answers there, or in its sandbox's place. */
  isThere(): Promise<boolean>
  /** Somebody new in front of it. */
  visitor(): Visitor
  /** Presses a button on the sandbox's own page, and returns that page. */
  press(button: string, fields?: Record<string, string>): Promise<string>
  /** Tells it to stop, and returns how it ended: its status, or else the signal. */
  stop(signal: NodeJS.Signals): Promise<unknown>
  /** What it wrote to standard error so far. */
  complaints(): string
}

/** Starts an example without any settings but a free port, and returns when it says that it is ready. */
export async function startExample(file: string, environment: Record<string, string> = {}): Promise<Example> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [...AS_EXAMPLE, `examples/${file}`], {
    cwd: ROOT,
    env: { PATH, PORT: String(port), ...environment },
  })
  let [output, complaints] = ['', '']
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (complaints += String(text)))
  const ended = once(child, 'exit').then(([status, signal]: unknown[]) => status ?? signal)
  const stop = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  while (!output.includes('Ready'))
    if (await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)]))
      throw new Error(`${file} did not start: ${output}${complaints}`)
  const sandbox = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? ''
  return {
    origin,
    visitor: () => visitor(origin),
    async press(button, fields) {
      const body = new URLSearchParams(fields)
      const answer = await fetch(sandbox + button, { method: 'POST', body })
      return answer.text()
    },
    async isThere() {
      const answers = await Promise.allSettled([fetch(origin), fetch(sandbox)])
      return answers.some(({ status }) => status === 'fulfilled')
    },
    stop,
    complaints: () => complaints,
    [Symbol.asyncDispose]: () => stop('SIGKILL').then(() => undefined),
  }
}

/** Somebody with a browser in front of an example, who is led on as far as that is of the example. */
export interface Visitor {
  /** Opens a page. */
  open(path: string): Promise<Page>
  /** Goes by the link with this text on the page at `path` to Instagram, and returns where Instagram sends the browser. */
  toInstagram(link: string, decision?: Decision, path?: string): Promise<string>
  /** Goes to Instagram and back: the page in the end. */
  login(link: string, decision?: Decision, path?: string): Promise<Page>
  /** Opens a page that leads to Instagram by itself, and goes there and back: the page in the end. */
  loginAt(path: string, decision?: Decision): Promise<Page>
  /** Presses a button of the page that was opened last: the page in the end. */
  press(button: string): Promise<Page>
}

/** Where somebody has come. */
export interface Page {
  path: string
  status: number
  text: string
  /** Where it sends the browser beyond the example, such as to Instagram. */
  leadsTo: string | undefined
}

function visitor(origin: string): Visitor {
  const somebody = person({ origin })
  let last = ''

  async function open(path: string): Promise<Page> {
    return arrive(path, await somebody.get(path))
  }

  async function arrive(path: string, answer: Response): Promise<Page> {
    const location = answer.get('Location')
    const address = location === undefined ? undefined : new URL(location, origin + path)
    if (address?.origin === origin) return open(address.pathname + address.search)
    last = answer.text
    return { path, status: answer.status, text: answer.text, leadsTo: address?.href }
  }

  async function toInstagram(link: string, decision?: Decision, path = '/'): Promise<string> {
    const { text } = await open(path)
    const href = linkCalled(link, text)
    const { leadsTo = '' } = href.startsWith('/') ? await open(href) : { leadsTo: href }
    return somebody.authorize(leadsTo, decision)
  }

  return {
    open,
    toInstagram,
    login: async (link, decision, path) => open(await toInstagram(link, decision, path)),
    async loginAt(path, decision) {
      const { leadsTo = '' } = await open(path)
      return open(await somebody.authorize(leadsTo, decision))
    },
    async press(button) {
      const form = new RegExp(`action="([^"]*)"[^>]*>\\s*<button[^>]*>${button}<`).exec(last)
      const [, action = ''] = form ?? []
      return arrive(action, await somebody.post(action))
    },
  }
}
