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
import { ExitError, programName, say, type Terminal } from './terminal.ts'
import type { DeliveryOptions } from './token.ts'

const OVERVIEW = `
Accounts and keys are stored in your user folder, or where DATABASE_URL says.
Exit codes: 0 success, 1 failure, 2 wrong usage, 130 Ctrl-C.
With --json, errors are also printed to standard output: {"error":{"name","message","steps"}}`

const LOGIN = `Opens Instagram in your browser to approve access, then receives the result on this machine (or from an address you paste). Prints only the token to standard output; all messages go to standard error. The account is stored: the command “token” prints its current token at any time.

Settings come from options, the environment, and .env in this folder. A terminal asks for missing ones.`

const TOKEN =
  'Prints a valid token, refreshed first if it is due. Name the account by @username or ID if there are several. Run it once a week to keep the token valid; it needs no app settings.'

/** Runs a command. Returns the exit status. 0: done; 1: failed; 2: wrong usage; 130: Ctrl-C. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal)
  try {
    await program.parseAsync(argumentsFor(program, args), { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof ExitError) return error.status
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const name = reportFailure(error, terminal, args.includes('--json'))
    const [first = ''] = args
    const command = args.find((arg) => findCommand(program, arg))
    if (name === 'usage' && first.startsWith('-') && command)
      say(terminal, `Options follow the command: ${program.name()} ${command} …`)
    if (name === 'usage' && first === 'accounts') say(terminal, `\n${findCommand(program, first)?.helpInformation()}`)
    if (['rotate-keys', 'copy-database'].includes(first))
      say(terminal, 'No data was lost. You can run the command again.')
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
  const program = new Command(programName(terminal))
    .exitOverride()
    // Errors are reported by `run`.
    .configureOutput({ writeOut: (text) => terminal.output.write(text), writeErr: () => undefined })
    .description('Get Instagram access tokens and keep them valid.')
    .version(version(), '-v, --version')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', OVERVIEW)

  withDelivery(program.command('login'))
    .summary('get a token through the browser (the default command)')
    .description(LOGIN)
    .option('--no-open', 'print the address instead of opening a browser')
    .option('--client-id <id>', 'Instagram app ID (or INSTAGRAM_CLIENT_ID)')
    .option('--client-secret <text>', 'its secret (other users can see options: better INSTAGRAM_CLIENT_SECRET)')
    .option('--redirect-uri <uri>', 'redirect URI as registered with Meta (or INSTAGRAM_REDIRECT_URI)')
    .option('--embed-url <url>', 'take missing settings from the Embed URL in Meta’s dashboard (in quotes)')
    .option('--port <number>', 'port of the default redirect URI on localhost (or PORT; default: 3000)', parsePort)
    .option('--scopes <list>', 'permissions to request (or INSTAGRAM_SCOPES; default: instagram_business_basic)')
    .action(async (options: LoginOptions) => (await import('./login.ts')).login(options, terminal))

  withDelivery(program.command('token [account]'))
    .summary('print a valid token of a connected account')
    .description(TOKEN)
    .action(async (account: string | undefined, options: DeliveryOptions) =>
      (await import('./token.ts')).token(account, options, terminal),
    )

  const runAccounts = async (action: string | undefined, account: string | undefined, options: AccountsOptions) =>
    (await import('./accounts.ts')).accounts(action, account, options, terminal)

  withJson(withSandbox(program.command('status')))
    .description('show where accounts are stored, and their state (exit code 1 unless all have a valid token)')
    .action((options: AccountsOptions) => runAccounts('status', undefined, options))

  withJson(withSandbox(program.command('logout [account]')))
    .description('disconnect an account: delete its token here and revoke access at Instagram')
    .option('--yes', 'do not ask for confirmation')
    .action((account: string | undefined, options: AccountsOptions) => runAccounts('disconnect', account, options))

  const uses = ['[options]', 'refresh <account>', 'disconnect <account> [--yes]']
  withJson(withSandbox(program.command('accounts [action] [name]')))
    .description('list connected accounts, refresh or disconnect one')
    .usage(uses.map((use) => (isProject ? `-- ${use}` : use)).join(`\n       ${program.name()} accounts `))
    .option('--search <text>', 'only accounts whose name or ID starts with this', (text) => text.trim())
    .addOption(new Option('--status <status>', 'only accounts with this status').choices(STATUSES))
    .option('--all', 'list all accounts (default: 50)')
    .option('--watch', 'refresh the list every two seconds')
    .option('--yes', 'disconnect without asking')
    .action(runAccounts)

  withJson(program.command('doctor'))
    .description('check the configuration, Instagram’s hosts, the database and the keys, and suggest fixes')
    .option('--embed-url <url>', 'compare the settings with the Embed URL in Meta’s dashboard (in quotes)')
    .option('--online [feed]', 'also list new entries of Meta’s changelog (or of this RSS feed)')
    .action(async (options: DoctorOptions) => (await import('./doctor.ts')).doctor(options, terminal))

  withJson(program.command('sandbox'))
    .description('run a local simulation of Instagram, and print the settings (for .env) that connect an app to it')
    .option('--port <number>', 'port on this machine (default: 3001, or the next free one)', parsePort)
    .option('--redirect-uri <uri>', 'where it sends browsers back', 'http://localhost:3000/response')
    .action(async (options: SandboxOptions) => (await import('./sandbox.ts')).sandbox(options, terminal))

  program
    .command('serve')
    .description('run the web app with its pages and API, on the accounts of this command')
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
    .description('re-encrypt every token with the first key in TOKEN_KEYS')
    .action(async (options: { json?: boolean }) => (await import('./rotateKeys.ts')).rotateKeys(options, terminal))

  withJson(program.command('copy-database', { hidden: !isProject }))
    .description('copy a database to an empty one')
    .option('--from <url>', 'database to copy from (or FROM_DATABASE_URL)')
    .option('--to <url>', 'database to copy to (or DATABASE_URL)')
    .action(async (options: CopyOptions) => (await import('./copyDatabase.ts')).copyDatabase(options, terminal))

  return program
}

function withJson(command: Command): Command {
  return command.option('--json', 'print JSON')
}

function withSandbox(command: Command): Command {
  return command.option('--sandbox', 'use the sandbox: test accounts, without an Instagram app')
}

/** The options of a command that gives a token. */
function withDelivery(command: Command): Command {
  return withSandbox(command)
    .option('--env <file>', 'store the token as a variable in this file, such as .env, instead of printing it')
    .option('--name <name>', 'name of the variable (default: INSTAGRAM_ACCESS_TOKEN)')
    .option('--json', 'print JSON: access_token, expires_in, user_id, permissions, …')
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
    console.error(`✗ Cannot write the output: ${error.message}`)
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
