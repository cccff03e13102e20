import { argumentsIn } from '../commands/arguments.ts'
import { variablesOfAnyPath } from '../settings/environment.ts'
import type { Command } from './commands.ts'
import { forAccounts, forSite } from './userEnvironment.ts'

// The processes of the web app, on the accounts of this user.

/** Lists the accounts, refreshes and disconnects them. */
export const accounts: Command = (args, { environment }) =>
  import('../commands/accounts.ts').then(({ accountsCommand }) =>
    accountsCommand(args, forAccounts(environment), 'instagram-access-token accounts'),
  )

/** Says what is wrong with the settings of a login, of the web app, or of an app that has ours in it. */
export const doctor: Command = (args, { environment }) => {
  argumentsIn({ args: [...args], options: { json: { type: 'boolean' } } })
  return import('../commands/checkup.ts').then(({ checkup }) =>
    checkup(args, forSite(environment), variablesOfAnyPath),
  )
}

/** Runs the web app, until it is told to stop. */
export const serve: Command = (args, { environment }) => {
  argumentsIn({ args: [...args], options: {} })
  return import('../serve.ts').then((web) => web.serve(forSite(environment)))
}
