import { randomUUID } from 'node:crypto'
import { inspectKeys } from '../accounts/tokenKeys.ts'
import { SCHEMA_VERSION, schemaVersion } from '../database/migrations.ts'
import { fileProblem } from '../errors/files.ts'
import { type Finding, type Installation, ok, unknown, wrong } from './installation.ts'

const DATABASE = 'Database'
const KEYS = 'Token keys'
const COOKIES = 'Session secret'

const MADE_AT_START = 'None yet: the app generates one when it starts.'
const NO_TOKEN_YET = 'They can be read. No tokens are stored yet.'

/** Checks whether the database exists, has the current schema, and can be written to. */
export async function checkDatabase({ database, names }: Installation): Promise<Finding> {
  if (database === undefined) return unknown(DATABASE, `${names.databaseUrl} is invalid.`)
  if (database === 'none yet') return ok(DATABASE, 'None yet: the app creates it when it starts.')
  if (database instanceof Error)
    return wrong(DATABASE, database.message, `Check ${names.databaseUrl}, and the read and write permissions there.`)
  const version = await schemaVersion(database)
  if (version > SCHEMA_VERSION)
    return wrong(
      DATABASE,
      `Its schema has version ${version}; this version of the app supports up to ${SCHEMA_VERSION}.`,
      'Install the newer version of the app that created it.',
    )
  if (version === 0)
    return ok(DATABASE, `Its schema has version 0; the app migrates it to ${SCHEMA_VERSION} when it starts.`)
  if (version < SCHEMA_VERSION)
    return wrong(
      DATABASE,
      `Its schema has version ${version}, from before the first release.`,
      'Delete this database, or set another.',
    )
  try {
    await database.query('DELETE FROM sessions WHERE sid = $1', [randomUUID()]) // Changes nothing.
  } catch (error) {
    return wrong(
      DATABASE,
      `It can be read but not written: ${fileProblem(error)}`,
      'Give the app’s user write permission, and check that the disk is not full.',
    )
  }
  return ok(DATABASE, `It can be read and written, and its schema is current (version ${version}).`)
}

/** Checks the keys that encrypt tokens, and the secret that signs cookies. */
export async function checkKeys(installation: Installation): Promise<Finding[]> {
  return [await checkTokenKeys(installation), checkSessionSecret(installation)].flat()
}

async function checkTokenKeys({ database, tokenKeys, names }: Installation): Promise<Finding | Finding[]> {
  const putBack = `Restore the key in ${names.tokenKeys} (or the file token-key next to the database). If it is lost, these accounts must be reconnected.`
  if (tokenKeys === undefined) return unknown(KEYS, `${names.tokenKeys} or ${names.databaseUrl} is invalid.`)
  if (tokenKeys instanceof Error) return wrong(KEYS, tokenKeys.message, putBack)
  const hasTables = typeof database === 'object' && 'query' in database && (await schemaVersion(database)) > 0
  const { accounts, missing, mistaken } = hasTables
    ? await inspectKeys(database, tokenKeys)
    : { accounts: 0, missing: [], mistaken: [] }
  const problems = [
    ...Array.from(missing, ([id, count]) => {
      const tokens = count === 1 ? 'One token is' : `${count} tokens are`
      return wrong(KEYS, `${tokens} encrypted with the key “${id}”, which is missing.`, putBack)
    }),
    ...mistaken.map((id) =>
      wrong(KEYS, `The key “${id}” does not decrypt the tokens of that name: it is another key.`, putBack),
    ),
  ]
  if (problems.length > 0) return problems
  if (tokenKeys.length === 0) return ok(KEYS, MADE_AT_START)
  if (accounts === 0) return ok(KEYS, NO_TOKEN_YET)
  const opened = accounts === 1 ? 'the one account' : `all ${accounts} accounts`
  return ok(KEYS, `They decrypt the tokens of ${opened}.`)
}

function checkSessionSecret({ sessionSecrets, names }: Installation): Finding {
  if (sessionSecrets === undefined)
    return unknown(COOKIES, `${names.sessionSecrets} or ${names.databaseUrl} is invalid.`)
  if (sessionSecrets instanceof Error)
    return wrong(
      COOKIES,
      sessionSecrets.message,
      'Give the app’s user read permission, or delete the file: then everybody is signed out once.',
    )
  return ok(COOKIES, sessionSecrets.length > 0 ? 'It can be read.' : MADE_AT_START)
}
