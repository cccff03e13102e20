import type { Terminal } from './terminal.ts'

/** Does what is asked, and returns the status of the process. */
export type Command = (args: readonly string[], terminal: Terminal) => Promise<number>

/** Every command; each is loaded only where it is wanted, so that a login needs no Express. */
export const COMMANDS = {
  login: () => import('./login.ts').then(({ login }) => login),
  token: () => import('./token.ts').then(({ token }) => token),
  accounts: () => import('./processes.ts').then(({ accounts }) => accounts),
  doctor: () => import('./processes.ts').then(({ doctor }) => doctor),
  sandbox: () => import('./sandbox.ts').then(({ sandbox }) => sandbox),
  serve: () => import('./processes.ts').then(({ serve }) => serve),
} satisfies Record<string, () => Promise<Command>>

/** A command, by which it is called. */
export type CommandName = keyof typeof COMMANDS

/** Whether there is a command of this name. */
export function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word)
}
