import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { STATUSES } from '../accounts/account.ts'
import type { AccountsOptions } from './accounts.ts'
import type { CopyOptions } from './copyDatabase.ts'
import { readEnvFile } from './envFile.ts'
import { reportFailure } from './errors.ts'
import type { DoctorOptions } from './doctor.ts'
import type { LoginOptions } from './login.ts'
import type { SandboxOptions } from './sandbox.ts'
import { ExitError, say, type Terminal } from './terminal.ts'
import type { DeliveryOptions } from './token.ts'

interface JsonOption {
  json?: boolean
}

const OVERVIEW = `
Accounts and keys are kept in a folder of your user, or where DATABASE_URL says.
Status: 0 done, 1 could not be done, 2 not understood, 130 Ctrl-C. Where it is 1 or 2, --json prints the reason too, beside the words on
standard error: {"error":{"name","message","steps"}}.`

const LOGIN = `Opens the browser, where you authorize the app at Instagram, and takes you in again on this machine, or by the address that you paste. Prints the token alone to standard output; everything else goes to standard error. The account is kept, so that instagram-access-token token gives a valid token at any time.

Settings are read from the environment and from .env in this folder; a terminal asks for what is missing.`

const TOKEN =
  'Prints a token that is valid now, refreshed first if that is due. The account is @name or one of its ids; none is needed where there is but one. Run once a week, it keeps the token alive; it needs no app settings for that.'

const SERVE =
  'Runs the web app until Ctrl-C, by the settings in the environment and in .env (see README). Its accounts are those of this command.'

/** Runs a command. Returns the exit status. 0: done; 1: failed; 2: not understood; 130: Ctrl-C. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal)
  try {
    await program.parseAsync(argumentsFor(program, args), { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof ExitError) return error.status
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const name = reportFailure(error, terminal, args.includes('--json'))
    const [command = ''] = args
    if (name === 'usage' && command === 'accounts')
      say(terminal, `\n${findCommand(program, command)?.helpInformation() ?? ''}`)
    if (['rotate-keys', 'copy-database'].includes(command))
      say(terminal, 'Nothing is lost: start it again at any time.')
    return name === 'usage' ? 2 : 1
  }
}

/** The arguments with `login` where no command is named, and with `--help` behind a command. */
function argumentsFor(program: Command, args: readonly string[]): readonly string[] {
  const [first = '', topic] = args
  if (['help', '--help', '-h'].includes(first)) {
    if (topic === undefined) return ['--help']
    return findCommand(program, topic) ? [topic, '--help'] : [topic]
  }
  if (['--version', '-v'].includes(first)) return [first]
  if (first === '' || first.startsWith('-')) return ['login', ...args]
  return findCommand(program, first) ? args : [first]
}

function findCommand(program: Command, name: string): Command | undefined {
  return program.commands.find((command) => command.name() === name)
}

/** The commands. The code of each is loaded when it runs. */
function createProgram(terminal: Terminal): Command {
  const { isProject = false } = terminal
  const program = new Command(isProject ? 'npm run' : 'instagram-access-token')
    .exitOverride()
    // Errors are reported by `run`.
    .configureOutput({ writeOut: (text) => terminal.output.write(text), writeErr: () => undefined })
    .description('Gets Instagram access tokens, and keeps them alive.')
    .version(version(), '-v, --version')
    .helpCommand('help [command]', 'says more of a command')
    .addHelpText('after', OVERVIEW)

  withDelivery(program.command('login'))
    .summary('gets a token through the browser; the command where none is named')
    .description(LOGIN)
    .option('--sandbox', 'try all of it with invented people, without an Instagram app')
    .option('--no-open', 'print the address, and open no browser')
    .option('--client-id <id>', 'the Instagram app ID (or INSTAGRAM_CLIENT_ID)')
    .option(
      '--client-secret <text>',
      'its secret (better INSTAGRAM_CLIENT_SECRET: others on the machine can see options)',
    )
    .option('--redirect-uri <uri>', "as registered in Meta's dashboard (or INSTAGRAM_REDIRECT_URI)")
    .option('--embed-url <url>', "what is missing is taken from the Embed URL of Meta's dashboard, in quotes")
    .option('--port <number>', 'of the default redirect URI, on localhost (or PORT; default: 3000)', parsePort)
    .option('--scopes <list>', 'what to ask for (or INSTAGRAM_SCOPES; default: instagram_business_basic)')
    .action(async (options: LoginOptions) => (await import('./login.ts')).login(options, terminal))

  withDelivery(program.command('token [account]'))
    .summary('prints a token of a connected account that is valid now')
    .description(TOKEN)
    .action(async (account: string | undefined, options: DeliveryOptions) =>
      (await import('./token.ts')).token(account, options, terminal),
    )

  const uses = ['[options]', 'refresh <id>', 'disconnect <id> [--yes]'].map((use) => (isProject ? `-- ${use}` : use))
  withJson(program.command('accounts [action] [id]'))
    .description('lists the connected accounts; refreshes and disconnects them')
    .usage(uses.join(`\n       ${program.name()} accounts `))
    .option('--search <text>', 'those whose name or id begins so', (text) => text.trim())
    .addOption(new Option('--status <status>', 'those of one status').choices(STATUSES))
    .option('--all', 'every one')
    .option('--watch', 'drawn again every two seconds')
    .option('--yes', 'disconnect without asking')
    .action(async (action: string | undefined, id: string | undefined, options: AccountsOptions) =>
      (await import('./accounts.ts')).accounts(action, id, options, terminal),
    )

  withJson(program.command('doctor'))
    .summary('says what is wrong with the settings, and how to mend it')
    .description(
      "Looks at every setting, at the addresses, at Instagram's hosts and at the keys. Ends with status 1 if anything is wrong.",
    )
    .option('--embed-url <url>', "compare the settings with the Embed URL of Meta's dashboard, in quotes")
    .option('--online [feed]', "also list what Meta's changelog (or this RSS feed) has that this version does not know")
    .action(async (options: DoctorOptions) => (await import('./doctor.ts')).doctor(options, terminal))

  withJson(program.command('sandbox'))
    .summary('runs a stand-in for Instagram, and prints the settings to use it')
    .description('Prints settings, for .env, by which an app takes the sandbox for Instagram. Runs until Ctrl-C.')
    .option('--port <number>', 'where it listens, on this machine only', parsePort, 3001)
    .option('--redirect-uri <uri>', 'where it sends browsers back', 'http://localhost:3000/response')
    .action(async (options: SandboxOptions) => (await import('./sandbox.ts')).sandbox(options, terminal))

  program
    .command('serve')
    .summary('runs the web app, with its pages and its API')
    .description(SERVE)
    .action(async () => {
      const { confirmHosts, siteEnvironment } = await import('./environment.ts')
      const environment = siteEnvironment(terminal)
      await confirmHosts(terminal, environment)
      // The web app is a process of its own, which reads its environment.
      Object.assign(process.env, environment)
      await import('../main.ts')
      throw new ExitError(Number(process.exitCode ?? 0))
    })

  withJson(program.command('rotate-keys', { hidden: !isProject }))
    .description('seals every token anew under the first of TOKEN_KEYS')
    .action(async (options: JsonOption) => (await import('./rotateKeys.ts')).rotateKeys(options, terminal))

  withJson(program.command('copy-database', { hidden: !isProject }))
    .description('copies all of a database to an empty one')
    .option('--from <url>', 'the database to copy from (or FROM_DATABASE_URL)')
    .option('--to <url>', 'the database to copy to (or DATABASE_URL)')
    .action(async (options: CopyOptions) => (await import('./copyDatabase.ts')).copyDatabase(options, terminal))

  return program
}

function withJson(command: Command): Command {
  return command.option('--json', 'for programs')
}

/** The options of a command that gives a token. */
function withDelivery(command: Command): Command {
  return command
    .option('--env <file>', 'set a variable in this file, such as .env, in place of printing the token')
    .option('--name <name>', "the variable's name (default: INSTAGRAM_ACCESS_TOKEN)")
    .option('--json', 'for programs: access_token, expires_in, user_id, permissions, …')
}

/** @throws {InvalidArgumentError} */
function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port
  throw new InvalidArgumentError('It must be a whole number from 1 to 65535.')
}

function version(): string {
  const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** The process: `npx instagram-access-token …`, or in the project `node src/cli/start.js --project …`. */
export async function main(): Promise<void> {
  const { stdin: input, stdout: output, stderr: messages } = process
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit() // The reader, such as `head`, has read enough.
    console.error(`Cannot go on: the output cannot be written: ${error.message}`)
    process.exit(1)
  })
  const args = process.argv.slice(2)
  const isProject = args[0] === '--project'
  const terminal: Terminal = { environment: process.env, input, output, messages, isProject }
  try {
    const { variables, warnings } = readEnvFile()
    terminal.environment = { ...variables, ...process.env }
    terminal.fromFile = Object.fromEntries(Object.entries(variables).filter(([name]) => !(name in process.env)))
    terminal.warnings = warnings
  } catch (error) {
    reportFailure(error, terminal, args.includes('--json'))
    process.exit(1)
  }
  process.exitCode = await run(isProject ? args.slice(1) : args, terminal)
}
