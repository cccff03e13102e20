import { randomUUID } from 'node:crypto'
import { inspectKeys } from '../accounts/keyInspection.ts'
import type { Database } from '../storage/database.ts'
import { schemaState } from '../storage/migrations.ts'
import type { Installation } from './installation.ts'
import { type Line, ok, unknown, wrong } from './line.ts'

const DATABASE = 'Database'
const KEYS = 'Token keys'
const COOKIES = 'Cookie secret'

/** Whether the database is there, has our schema, and takes what is written. */
export async function checkDatabase({ database }: Pick<Installation, 'database'>): Promise<Line[]> {
  if (database === undefined)
    return [unknown(DATABASE, 'DATABASE_URL cannot be read, so it is not known which one.')]
  if (database === 'none yet') return [ok(DATABASE, 'There is none yet: the app makes it when it starts.')]
  if (database instanceof Error)
    return [wrong(DATABASE, database.message, 'See DATABASE_URL, and who may read and write there.')]
  const { version, newest } = await schemaState(database)
  if (version > newest)
    return [
      wrong(
        DATABASE,
        `Its schema has version ${version}, and this program knows versions up to ${newest} only.`,
        'Start the newer program that made it.',
      ),
    ]
  if (version < newest)
    return [ok(DATABASE, `Its schema has version ${version}; the app brings it to ${newest} when it starts.`)]
  const refusal = await writing(database)
  return [
    refusal
      ? wrong(
          DATABASE,
          `It opens, but nothing can be written: ${refusal.message}`,
          'Let the user that the app runs as write there; see that the disk is not full.',
        )
      : ok(DATABASE, `It opens, takes what is written, and has the newest schema (version ${version}).`),
  ]
}

/** Whether what opens the tokens and signs the cookies is there. */
export async function checkKeys({
  database,
  tokenKeys,
  sessionSecrets,
}: Pick<Installation, 'database' | 'tokenKeys' | 'sessionSecrets'>): Promise<Line[]> {
  const lines = [secretLine(sessionSecrets)]
  if (tokenKeys === undefined) return [unknown(KEYS, 'TOKEN_KEYS or DATABASE_URL cannot be read.'), ...lines]
  if (tokenKeys instanceof Error) return [wrong(KEYS, tokenKeys.message, PUT_BACK), ...lines]
  if (!isThere(database) || (await schemaState(database)).version === 0)
    return [
      tokenKeys.length > 0
        ? ok(KEYS, 'They can be read; there is no token yet for them to open.')
        : ok(KEYS, MADE_AT_START),
      ...lines,
    ]
  const { accounts, missing, mistaken } = await inspectKeys(database, tokenKeys)
  const problems = [
    ...Array.from(missing, ([id, count]) =>
      wrong(KEYS, `${tokens(count)} sealed under the key “${id}”, which is not there.`, PUT_BACK),
    ),
    ...mistaken.map((id) =>
      wrong(
        KEYS,
        `The key “${id}” does not open what was sealed under that name: it is another key.`,
        PUT_BACK,
      ),
    ),
  ]
  if (problems.length > 0) return [...problems, ...lines]
  if (tokenKeys.length === 0) return [ok(KEYS, MADE_AT_START), ...lines]
  return [
    ok(
      KEYS,
      accounts === 0
        ? 'They can be read; there is no token yet for them to open.'
        : `They open the tokens of ${accounts === 1 ? 'the one account' : `all ${accounts} accounts`}.`,
    ),
    ...lines,
  ]
}

const PUT_BACK =
  'Put the key back into TOKEN_KEYS (or the file token-key back beside the database). If it is lost, those people have to log in again.'
const MADE_AT_START = 'None is set or kept yet: the app makes one when it starts.'

function secretLine(secrets: Installation['sessionSecrets']): Line {
  if (secrets === undefined) return unknown(COOKIES, 'SESSION_SECRETS or DATABASE_URL cannot be read.')
  if (secrets instanceof Error)
    return wrong(
      COOKIES,
      secrets.message,
      'Let the user that the app runs as read it, or delete it: then everybody is logged out once.',
    )
  return ok(COOKIES, secrets.length > 0 ? 'It can be read.' : MADE_AT_START)
}

function isThere(database: Installation['database']): database is Database {
  return database !== undefined && database !== 'none yet' && !(database instanceof Error)
}

/** Tries to write, and changes nothing. */
async function writing(database: Database): Promise<Error | undefined> {
  try {
    await database.transaction((queries) => queries.run('DELETE FROM sessions WHERE sid = $1', randomUUID()))
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function tokens(count: number): string {
  return count === 1 ? 'One token is' : `${count} tokens are`
}
