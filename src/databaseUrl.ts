import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isLoopback } from './config.ts'

const MEMORY = ':memory:'

/**
 * The SQLite file that a database URL names, or `:memory:`; `undefined` for a PostgreSQL URL.
 *
 * @throws Error in a sentence for the operator. The sentence does not repeat the URL, which may hold a password.
 */
export function sqliteFile(url: string): string | undefined {
  if (url.startsWith('postgres://') || url.startsWith('postgresql://')) return undefined
  if (!url.startsWith('file:')) {
    throw new Error(
      'The database URL must begin with file: as in file:./data/accounts.db, or with postgres:// as in postgres://user:password@host:5432/database',
    )
  }
  const path = url.startsWith('file://') ? pathOfFileUrl(url) : url.slice('file:'.length)
  if (path === '' || path.endsWith('/')) throw new Error('The database URL names no file')
  if (path.includes('?')) throw new Error('The database URL must not have options after a question mark')
  return path
}

/** Whether the database is gone when it is closed. */
export function isInMemory(url: string): boolean {
  return sqliteFile(url) === MEMORY
}

/** The folder of the database file, where generated secrets are kept too; `data` if the database is no file. */
export function dataFolder(url: string): string {
  const path = sqliteFile(url) ?? MEMORY
  return path === MEMORY ? 'data' : dirname(path)
}

/** The error has no cause: a cause would repeat the URL. */
function pathOfFileUrl(url: string): string {
  if (!URL.canParse(url) || new URL(url).host !== '') {
    throw new Error('The database URL is no valid file URL: write file:./path or file:///path')
  }
  return fileURLToPath(url) + new URL(url).search
}

/** Host and name of a PostgreSQL database, without user and password. Throws as {@link sqliteFile}. */
export function postgresName(url: string): string {
  if (!URL.canParse(url))
    throw new Error('The database URL is no valid one: write postgres://user:password@host:5432/database')
  const { host, pathname, searchParams } = new URL(url)
  if (pathname.length <= 1) throw new Error('The database URL names no database after the host')
  return `${host || (searchParams.get('host') ?? 'localhost')}${pathname}`
}

/** The host of a PostgreSQL database on another machine; `undefined` for one on this machine and for SQLite. */
export function remoteHost(url: string): string | undefined {
  if (!/^postgres(ql)?:/.test(url)) return undefined
  const { hostname = '', searchParams } = URL.parse(url) ?? {}
  // For pg, the parameter has priority.
  const host = searchParams?.getAll('host').findLast(Boolean) ?? hostname
  // A path is that of a socket.
  return /^($|\/|%2f)/i.test(host) || isLoopback({ hostname: host }) ? undefined : host
}
