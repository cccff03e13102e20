import type { Environment } from '../settings/survey.ts'
import { styleText } from 'node:util'

/** Tells a terminal to empty the line where it is. */
export const EMPTIED = '\r\x1b[K'

/** What a command reads from and writes to. */
export interface Terminal {
  /** Variables, those of `.env` too. */
  environment: Environment
  /** What the person types, or a program. */
  input: NodeJS.ReadStream
  /** What was asked for, and nothing else: it may go into a file or a program. */
  output: NodeJS.WriteStream
  /** Everything that is said to the person. */
  messages: NodeJS.WriteStream
}

/** Whether somebody is there who reads what is said, and can answer. */
export function isAttended({ input, messages }: Terminal): boolean {
  return input.isTTY && messages.isTTY
}

/** Says something to the person, in a line of its own. */
export function say({ messages }: Terminal, text = ''): void {
  messages.write(`${text}\n`)
}

/** Warns the person of something that does not keep us from going on. */
export function warn(terminal: Terminal, words: string): void {
  say(terminal, `${styled(terminal, 'yellow', '!')} ${words}`)
}

/** Says what is done now, where a terminal can forget it afterwards. */
export async function during<Result>(
  terminal: Terminal,
  words: string,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isAttended(terminal)) return work()
  terminal.messages.write(`${EMPTIED}${styled(terminal, 'dim', words)}`)
  try {
    return await work()
  } finally {
    terminal.messages.write(EMPTIED)
  }
}

/** Only where a terminal shows it, and unless NO_COLOR is set. */
export function styled({ messages }: Terminal, style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: messages })
}
