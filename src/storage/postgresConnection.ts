import type { ClientBase, CustomTypesConfig, QueryResult } from 'pg'
import type { Row, Value } from './database.ts'
import { checkParameters, parameterCount } from './parameters.ts'
import { toldApart } from './postgresErrors.ts'
import type { Connection } from './transaction.ts'

/** The object identifiers of PostgreSQL's types: of truth values, and of numbers. */
const BOOLEAN = 16
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 1700])

/** A statement as `pg` takes it. */
interface Statement {
  readonly text: string
  readonly values: Value[]
  readonly types: CustomTypesConfig
}

/** Rows with the values that SQLite would give. */
const types: CustomTypesConfig = {
  getTypeParser(type: number) {
    if (NUMBERS.has(type)) return safeInteger
    if (type === BOOLEAN) return (text: string) => Number(text === 't')
    return (text: string) => text
  },
}

/**
 * Our SQL as PostgreSQL takes it.
 *
 * @throws TypeError for values that no database of ours takes
 */
export function statementOf(sql: string, parameters: readonly Value[]): Statement {
  checkParameters(parameterCount(sql), parameters)
  return { text: postgresText(sql), values: parameters.map(postgresValue), types }
}

/** One connection of the pool, in the hands of one caller. */
export class PostgresConnection implements Connection {
  readonly #client: ClientBase
  /** Settles when all that was asked has been answered: `pg` wants one statement at a time. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(client: ClientBase) {
    this.#client = client
  }

  async all(sql: string, parameters: readonly Value[]): Promise<Row[]> {
    const { rows } = await this.ask(statementOf(sql, parameters))
    return rows
  }

  async run(sql: string, parameters: readonly Value[]): Promise<number> {
    const { rowCount } = await this.ask(statementOf(sql, parameters))
    return rowCount ?? 0
  }

  /** A statement, or as text without parameters any number of them, separated by semicolons. */
  ask(statement: Statement | string): Promise<QueryResult<Row>> {
    const answer = this.#queue.then(() => this.#client.query<Row>(statement))
    this.#queue = answer.catch(() => undefined)
    return answer.catch((error: unknown) => {
      throw toldApart(error)
    })
  }
}

/** Columns of ours compare text by its bytes, as SQLite's do; PostgreSQL would follow the language of the database. */
function postgresText(sql: string): string {
  return /^\s*(CREATE|ALTER) TABLE/.test(sql) ? sql.replaceAll(/\bTEXT\b/g, 'TEXT COLLATE "C"') : sql
}

/** PostgreSQL keeps no NUL in a text; browsers show the same in its place. */
function postgresValue(value: Value): Value {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value
}

function safeInteger(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number)) {
    throw new RangeError('The database holds a number that is too large, or no integer')
  }
  return number
}
