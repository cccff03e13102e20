import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { closestMatch } from 'leven'
import { UsageError } from '../commands/arguments.ts'
import { inJson } from '../commands/failure.ts'
import { type CommandName, COMMANDS, isCommand } from './commands.ts'
import { helpOf, overview } from './help.ts'
import { Interrupted } from './interruption.ts'
import { say, type Terminal } from './terminal.ts'
import { failed, inWords } from './words.ts'

/** Does what the words behind `instagram-access-token` ask for. Returns the status; 1: could not be done; 2: not understood; 130: Ctrl-C. */
export async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { name, args } = commandIn(words)
    if (name === 'version') return answer(terminal, version())
    if (name === 'help') return answer(terminal, helpFor(args))
    if (args.includes('--help') || args.includes('-h')) return answer(terminal, helpOf(name))
    const command = await COMMANDS[name]()
    return await command(args, terminal)
  } catch (error) {
    if (error instanceof Interrupted) return 130
    if (words.includes('--json')) answer(terminal, inJson(failed(error)))
    say(terminal, inWords(error, terminal))
    return error instanceof UsageError ? 2 : 1
  }
}

/** Which command is meant; none is named where options alone are given. */
function commandIn(words: readonly string[]): {
  name: CommandName | 'help' | 'version'
  args: readonly string[]
} {
  const [first = '', ...args] = words
  if (['help', '--help', '-h'].includes(first)) return { name: 'help', args }
  if (['--version', '-v'].includes(first)) return { name: 'version', args }
  if (first === '' || first.startsWith('-')) return { name: 'login', args: words }
  if (isCommand(first)) return { name: first, args }
  throw unknownCommand(first)
}

function helpFor([name]: readonly string[]): string {
  if (name === undefined) return overview()
  if (!isCommand(name)) throw unknownCommand(name)
  return helpOf(name)
}

function unknownCommand(word: string): UsageError {
  const near = closestMatch(word.toLowerCase(), [...Object.keys(COMMANDS), 'help'], { maxDistance: 2 })
  const hint = near ? `Did you mean ${near}?` : 'instagram-access-token help lists those that there are.'
  return new UsageError(`There is no command “${word}”. ${hint}`)
}

function version(): string {
  const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

function answer({ output }: Terminal, text: string): number {
  output.write(`${text}\n`)
  return 0
}
