import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { type Contestant, OURS, OURS_ON_POSTGRES } from './contestants.ts'
import { load, type Load } from './load.ts'
import { logIn } from './login.ts'
import type { Options } from './options.ts'
import { createProgress, type Progress } from './progress.ts'
import { type Running, start } from './running.ts'
import { startUpstream, type Upstream } from './upstream.ts'

/** What every measure works with. */
export interface Bench extends AsyncDisposable {
  options: Options
  upstream: Upstream
  progress: Progress
  /** Our app on each database that it is to be measured on. */
  ours: readonly Contestant[]
  /** Starts a server in a folder of its own. `database`: the name of ours, to be there before or found again. */
  start(contestant: Contestant, change?: StartChange): Promise<Running>
  /** Where the database of this name is: the one place that knows of kinds of databases. */
  databaseUrl(contestant: Contestant, name: string): string
  /** The path of a file that lasts as long as the bench. */
  fileNamed(name: string): string
  /** The number of a login that nobody has made yet. */
  nextLogin(): number
  /**
   * Makes `count` logins of new people, `atOnce` at a time. Several processes share them equally.
   *
   * @throws Error unless the stub counted the calls of exactly these logins
   */
  logIn(running: Running | readonly Running[], count: number, atOnce: number): Promise<Load>
}

interface StartChange {
  database?: string
  /** The database of ours where no disk is waited for: the profiler takes waiting for work. */
  inMemory?: boolean
  nodeArguments?: readonly string[]
}

/** Where all that a run leaves behind is kept, until its end. */
const DATA = `${import.meta.dirname}/data`

/** A folder in memory, where Linux has one. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : DATA

/** A bench with its stub. */
export async function createBench(options: Options): Promise<Bench> {
  const [folder, memory] = [`${DATA}/${process.pid}`, `${MEMORY}/instagram-access-token-bench-${process.pid}`]
  mkdirSync(folder, { recursive: true })
  const upstream = await startUpstream()
  const progress = createProgress()
  let started = 0
  let logins = 0

  const databaseUrl = ({ onPostgres }: Contestant, name: string, inMemory = false) =>
    onPostgres && options.postgres
      ? options.postgres.replace('{name}', name)
      : `file:${inMemory ? memory : folder}/${name}.db`

  return {
    options,
    upstream,
    progress,
    ours: [OURS, ...(options.postgres ? [OURS_ON_POSTGRES] : [])],
    databaseUrl,

    start(contestant, { database, inMemory, nodeArguments } = {}) {
      started += 1
      const place = `${contestant.name}-${started}`
      return start(contestant, {
        upstream: upstream.origin,
        folder: `${folder}/${place}`,
        databaseUrl: databaseUrl(contestant, database ?? place, inMemory),
        ...(nodeArguments && { nodeArguments }),
      })
    },

    fileNamed: (name) => `${folder}/${name}`,
    nextLogin: () => logins++,

    async logIn(running, count, atOnce) {
      const processes = [running].flat()
      const [first] = processes
      if (!first) throw new RangeError('There is no process')
      const { contestant, site } = first
      const before = await upstream.counts()
      const done = await load(count, atOnce, (piece) =>
        logIn((processes[piece % processes.length] ?? first).site, logins++),
      )
      const after = await upstream.counts()
      const expected = {
        exchange: before.exchange + count,
        longLived: before.longLived + (site.longLived ? count : 0),
        profile: before.profile + count,
        refused: before.refused,
      }
      for (const [call, times] of Object.entries(expected))
        if (after[call as keyof typeof expected] !== times)
          throw new Error(`${count} logins at ${contestant.name} did not make the calls that they should: ${call}`)
      return done
    },

    async [Symbol.asyncDispose]() {
      progress.end()
      await upstream[Symbol.asyncDispose]()
      for (const left of [folder, memory]) rmSync(left, { recursive: true, force: true })
    },
  }
}
