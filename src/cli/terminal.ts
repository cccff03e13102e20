import { createInterface } from 'node:readline'
import { stripVTControlCharacters, styleText } from 'node:util'
import type { TextOptions } from '@clack/prompts'
import type { Environment } from '../config.ts'
import { escapeInLines } from '../log.ts'

/** Milliseconds in which a second SIGINT counts as the first: npx passes on the one that the terminal has sent already. */
const SAME_SIGNAL_MS = 500
const CLEAR_LINE = '\r\x1b[K'
const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const SPINNER_MS = 100

/** What a command reads and writes. */
export interface Terminal {
  /** Environment variables, including those of `.env`. */
  environment: Environment
  /** Those of them that only `.env` in the current folder sets. Default: none. */
  fromFile?: Environment
  /** Probable mistakes in `.env`. Default: none. */
  warnings?: readonly string[]
  /** Answers of the person, or of a program. */
  input: NodeJS.ReadStream
  /** For the result alone, which may go into a file or a program. */
  output: NodeJS.WriteStream
  /** For everything else that people read. */
  messages: NodeJS.WriteStream
  /** Whether the accounts are those of the project in this folder, not the user's. Default: no. */
  isProject?: boolean
}

/** Ends the command with an exit status, when everything has been said. */
export class ExitError extends Error {
  override readonly name = 'ExitError'
  readonly status: number

  constructor(status: number) {
    super(`exit status ${status}`)
    this.status = status
  }
}

/** Aborts its signal with an {@link ExitError} at Ctrl-C and SIGTERM; a second one ends the process at once with the status. */
export function listenForInterruption(status = 130): Disposable & { signal: AbortSignal } {
  const controller = new AbortController()
  let since: number | undefined
  const interrupt = () => {
    if (since !== undefined && performance.now() - since > SAME_SIGNAL_MS) process.exit(status)
    since ??= performance.now()
    controller.abort(new ExitError(status))
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const stop = () => void process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  return { signal: controller.signal, [Symbol.dispose]: stop }
}

/** The command that started this program. */
export function programName({ environment, isProject = false }: Terminal): string {
  if (isProject) return 'npm run'
  return environment['npm_command'] === 'exec' ? 'npx instagram-access-token' : 'instagram-access-token'
}

/** Whether a person can be asked. */
export function isInteractive({ input, messages }: Terminal): boolean {
  return input.isTTY && messages.isTTY
}

/** Escapes control and bidi characters, except line feeds, tabs and {@link styled} colors. */
function safe(text: string): string {
  const parts = text.split(/(\p{Cc}\[[\d;]*m)/u)
  return parts.map((part, index) => (index % 2 === 1 && part.startsWith('\x1b') ? part : escapeInLines(part))).join('')
}

/** Writes a result. */
export function print({ output }: Terminal, text: string): void {
  output.write(`${safe(text)}\n`)
}

/** Says something to the person. */
export function say({ messages }: Terminal, text: string): void {
  messages.write(`${safe(text)}\n`)
}

/** Warns of something that does not end the command. */
export function warn(terminal: Terminal, text: string): void {
  say(terminal, `${styled(terminal.messages, 'yellow', '!')} ${text}`)
}

/** Reads lines, in a terminal at a prompt. (clack's spinner would read them too, and end the process with 0 at Ctrl-C.) */
export function readLines(terminal: Terminal) {
  const { input, messages } = terminal
  const lines = createInterface({ input, ...(isInteractive(terminal) && { output: messages }) })
  // In a terminal, readline gets Ctrl-C in place of the process.
  lines.on('SIGINT', () => process.emit('SIGINT'))
  let spinner: NodeJS.Timeout | undefined
  function clear(): void {
    clearInterval(spinner)
    showStatus(terminal)
  }
  /** Shows a prompt behind a spinner, or behind this one character, and keeps what was typed already. */
  function prompt(text: string, frames = SPINNER): void {
    clear()
    if (!isInteractive(terminal)) return
    const draw = (turn: number) => {
      lines.setPrompt(`${styled(messages, 'cyan', frames.charAt(turn % frames.length))} ${text}`)
      lines.prompt(true)
      if (frames.length > 1) spinner = setTimeout(draw, SPINNER_MS, turn + 1)
    }
    draw(0)
  }
  function close(): void {
    clear()
    lines.close()
    // An open pipe would keep the process alive.
    input.destroy()
  }
  return { entered: lines[Symbol.asyncIterator](), prompt, clear, [Symbol.dispose]: close }
}

/** Shows what is being done, in place of what was shown before; no text removes it. */
export function showStatus(terminal: Terminal, text = ''): void {
  if (isInteractive(terminal)) terminal.messages.write(CLEAR_LINE + (text && styled(terminal.messages, 'dim', text)))
}

/** Styles text if the stream is a terminal with colors, unless NO_COLOR is set. */
export function styled(stream: NodeJS.WriteStream, style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream })
}

/** Removes control characters and line breaks from text of others, such as a user name. */
export function plainLine(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{C}/gu, '')
}

/** A count for people, such as 1,200. */
export function formatCount(count: number): string {
  return count.toLocaleString('en')
}

/** Asks for a text, hidden if it is a secret. @throws {ExitError} 130 for Ctrl-C, for Ctrl-D, and if the signal aborts */
export async function ask(terminal: Terminal, question: TextOptions, isSecret: boolean): Promise<string> {
  const { isCancel, password, text } = await loadPrompts()
  const options = { ...question, message: safe(question.message), ...optionsFor(terminal) }
  const answer = await (isSecret ? password({ ...options, clearOnError: true }) : text(options))
  if (isCancel(answer)) throw new ExitError(130)
  return answer
}

/** Asks for yes or no. @throws {ExitError} as {@link ask} */
export async function confirm(terminal: Terminal, message: string, signal: AbortSignal): Promise<boolean> {
  const prompts = await loadPrompts()
  const answer = await prompts.confirm({ message: safe(message), signal, initialValue: false, ...optionsFor(terminal) })
  if (prompts.isCancel(answer)) throw new ExitError(130)
  return answer
}

async function loadPrompts() {
  const prompts = await import('@clack/prompts')
  // Ctrl-D would close the input without an answer.
  prompts.updateSettings({ aliases: { '\x04': 'cancel' } })
  return prompts
}

function optionsFor({ input, messages }: Terminal) {
  // Terminals in containers may report 0 for both: each character would get a line of its own, or nothing would be drawn.
  messages.columns ||= 80
  messages.rows ||= 24
  return { input, output: messages, withGuide: false }
}
