import { usage } from '../commands/accountsAsked.ts'
import type { CommandName } from './commands.ts'

const COMMAND = 'instagram-access-token'

const TOKEN_GOES = `  --env FILE            set a variable in this file, such as .env, in place of printing the token; the rest stays as it is
  --name NAME           the variable's name (default: INSTAGRAM_ACCESS_TOKEN)
  --json                for programs: access_token, expires_in, user_id, permissions, …`

/** What each command does, and in full how it is used. */
const HELP = {
  login: {
    does: 'gets a token through the browser; the command where none is named',
    full: `${COMMAND} [login] [options]

Opens the browser, where you authorize the app at Instagram, and takes you in again on this machine, or by the address that you paste.
Prints the token alone to standard output; everything else goes to standard error. The account is kept, so that
${COMMAND} token gives a valid token at any time.

${TOKEN_GOES}
  --sandbox             try all of it with invented people, without an Instagram app
  --no-open             print the address, and open no browser
  --client-id ID        the Instagram app ID (or INSTAGRAM_CLIENT_ID)
  --client-secret TEXT  its secret (better INSTAGRAM_CLIENT_SECRET: options can be seen by others on the machine)
  --redirect-uri URI    as registered in Meta's dashboard (or INSTAGRAM_REDIRECT_URI; default: https://localhost:3000/response)
  --port NUMBER         of the default redirect URI (or PORT)
  --scopes LIST         what to ask for (or INSTAGRAM_SCOPES; default: instagram_business_basic)

Settings are read from the environment and from .env in this folder; a terminal asks for what is missing.`,
  },
  token: {
    does: 'prints a token of a connected account that is valid now',
    full: `${COMMAND} token [account] [options]

Prints a token that is valid now, refreshed first if that is due. The account is @name or one of its ids; none is needed where there is but
one. Run once a week, it keeps the token alive; it needs no app settings for that.

${TOKEN_GOES}`,
  },
  accounts: {
    does: 'lists the connected accounts; refreshes and disconnects them',
    full: usage(`${COMMAND} accounts`),
  },
  doctor: {
    does: 'says what is wrong with the settings, and how to mend it',
    full: `${COMMAND} doctor [--json]

Looks at every setting, at the addresses, at Instagram's hosts and at the keys. Ends with status 1 if anything is wrong.`,
  },
  sandbox: {
    does: 'runs a stand-in for Instagram, and prints the settings to use it',
    full: `${COMMAND} sandbox [options]

Prints settings, for .env, by which an app takes the sandbox for Instagram. Runs until Ctrl-C.

  --port NUMBER         where it listens, on this machine only (default: 3001)
  --redirect-uri URI    where it sends browsers back (default: http://localhost:3000/response)
  --json                the settings as JSON`,
  },
  serve: {
    does: 'runs the web app, with its pages and its API',
    full: `${COMMAND} serve

Runs the web app until Ctrl-C, by the settings in the environment and in .env (see README). Its accounts are those of this command.`,
  },
} satisfies Record<CommandName, { does: string; full: string }>

/** All that there is. */
export function overview(): string {
  const commands = Object.entries(HELP).map(([name, { does }]) => `  ${name.padEnd(12)}${does}`)
  return `Gets Instagram access tokens, and keeps them alive.

${COMMAND} [command] [options]

${commands.join('\n')}
  help        says more of a command: ${COMMAND} help token

Accounts and keys are kept in a folder of your user, or where DATABASE_URL says.
Status: 0 done, 1 could not be done, 2 not understood, 130 Ctrl-C. Where it is 1 or 2, --json prints the reason too, beside the words on
standard error: {"error":{"name","message","steps"}}.`
}

/** How a command is used. */
export function helpOf(name: CommandName): string {
  return HELP[name].full
}
