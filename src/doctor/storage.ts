import { randomUUID } from 'node:crypto'
import { inspectKeys } from '../accounts/tokenKeys.ts'
import type { Database } from '../database/database.ts'
import { schemaState } from '../database/migrations.ts'
import { type Finding, type Installation, ok, unknown, wrong } from './installation.ts'

const DATABASE = 'Database'
const KEYS = 'Token keys'
const COOKIES = 'Cookie secret'

const MADE_AT_START = 'None is set or kept yet: the app makes one when it starts.'
const NO_TOKEN_YET = 'They can be read; there is no token yet for them to open.'

/** Checks whether the database exists, has the schema of this program, and can be written to. */
export async function checkDatabase({ database, names }: Installation): Promise<Finding> {
  if (database === undefined)
    return unknown(DATABASE, `${names.databaseUrl} cannot be read, so it is not known which one.`)
  if (database === 'none yet') return ok(DATABASE, 'There is none yet: the app makes it when it starts.')
  if (database instanceof Error)
    return wrong(DATABASE, database.message, `See ${names.databaseUrl}, and who may read and write there.`)
  const { version, newest } = await schemaState(database)
  if (version > newest)
    return wrong(
      DATABASE,
      `Its schema has version ${version}, and this program knows versions up to ${newest} only.`,
      'Start the newer program that made it.',
    )
  if (version === 0) return ok(DATABASE, `Its schema has version 0; the app brings it to ${newest} when it starts.`)
  if (version < newest)
    return wrong(
      DATABASE,
      `Its schema has version ${version}, which is that of a program before the first release.`,
      'Start with a new database: delete this one, or set another.',
    )
  const refusal = await tryToWrite(database)
  if (!refusal) return ok(DATABASE, `It opens, takes what is written, and has the newest schema (version ${version}).`)
  return wrong(
    DATABASE,
    `It opens, but nothing can be written: ${refusal.message}`,
    'Let the user that the app runs as write there; see that the disk is not full.',
  )
}

/** Checks the keys that encrypt tokens, and the secret that signs cookies. */
export async function checkKeys(installation: Installation): Promise<Finding[]> {
  return [await checkTokenKeys(installation), checkSessionSecret(installation)].flat()
}

async function checkTokenKeys({ database, tokenKeys, names }: Installation): Promise<Finding | Finding[]> {
  const putBack = `Put the key back into ${names.tokenKeys} (or the file token-key back beside the database). If it is lost, those people have to log in again.`
  if (tokenKeys === undefined) return unknown(KEYS, `${names.tokenKeys} or ${names.databaseUrl} cannot be read.`)
  if (tokenKeys instanceof Error) return wrong(KEYS, tokenKeys.message, putBack)
  const isNew =
    database === undefined ||
    database === 'none yet' ||
    database instanceof Error ||
    (await schemaState(database)).version === 0
  const { accounts, missing, mistaken } = isNew
    ? { accounts: 0, missing: [], mistaken: [] }
    : await inspectKeys(database, tokenKeys)
  const problems = [
    ...Array.from(missing, ([id, count]) => {
      const tokens = count === 1 ? 'One token is' : `${count} tokens are`
      return wrong(KEYS, `${tokens} sealed under the key “${id}”, which is not there.`, putBack)
    }),
    ...mistaken.map((id) =>
      wrong(KEYS, `The key “${id}” does not open what was sealed under that name: it is another key.`, putBack),
    ),
  ]
  if (problems.length > 0) return problems
  if (tokenKeys.length === 0) return ok(KEYS, MADE_AT_START)
  if (accounts === 0) return ok(KEYS, NO_TOKEN_YET)
  const opened = accounts === 1 ? 'the one account' : `all ${accounts} accounts`
  return ok(KEYS, `They open the tokens of ${opened}.`)
}

function checkSessionSecret({ sessionSecrets, names }: Installation): Finding {
  if (sessionSecrets === undefined)
    return unknown(COOKIES, `${names.sessionSecrets} or ${names.databaseUrl} cannot be read.`)
  if (sessionSecrets instanceof Error)
    return wrong(
      COOKIES,
      sessionSecrets.message,
      'Let the user that the app runs as read it, or delete it: then everybody is logged out once.',
    )
  return ok(COOKIES, sessionSecrets.length > 0 ? 'It can be read.' : MADE_AT_START)
}

/** Writes without changing anything, and returns the error if that fails. */
async function tryToWrite(database: Database): Promise<Error | undefined> {
  try {
    await database.transaction((transaction) =>
      transaction.query('DELETE FROM sessions WHERE sid = $1', [randomUUID()]),
    )
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
