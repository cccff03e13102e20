import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { before, type Contestant, OURS, OURS_ON_POSTGRES, PEERS } from './contestants.ts'
import { MEASURES, type MeasureName } from './measures.ts'
import { type Scale, SCALES } from './scale.ts'

/** What the command line asks for. */
export interface Options {
  measures: readonly MeasureName[]
  contestants: readonly Contestant[]
  scale: Scale
  json: boolean
  /** URL of an empty PostgreSQL database; `{name}` in it becomes the name of one of several. */
  postgres: string | undefined
}

/** A command line that makes no sense: the message is for whoever typed it. */
export class UsageError extends Error {}

/**
 * Reads the command line.
 *
 * @throws {UsageError}
 */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parsed(args)
  const measures = [...positionals, ...(values.profile ? ['profile'] : [])]
  const everybody = [
    ...PEERS,
    ...(values.against === undefined ? [] : [before(checkoutAt(values.against))]),
    OURS,
    ...(values.postgres ? [OURS_ON_POSTGRES] : []),
  ]
  const only = values.only?.split(/[\s,]+/).filter(Boolean)
  for (const name of only ?? [])
    if (!everybody.some((one) => one.name === name))
      throw new UsageError(
        `--only ${name}: nobody is called so. There are ${everybody.map((one) => one.name).join(', ')}.`,
      )
  return {
    measures: measures.length > 0 ? measures.map(measureCalled) : ['logins'],
    contestants: everybody.filter(({ name }) => only?.includes(name) ?? true),
    scale: { ...SCALES[values.quick ? 'quick' : 'whole'], ...rounds(values.rounds) },
    json: values.json,
    postgres: values.postgres,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        against: { type: 'string' },
        json: { type: 'boolean', default: false },
        only: { type: 'string' },
        postgres: { type: 'string' },
        profile: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
      },
    })
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage()}`)
  }
}

function checkoutAt(path: string): string {
  const checkout = resolve(path)
  if (!existsSync(`${checkout}/src/main.ts`) || !existsSync(`${checkout}/node_modules`))
    throw new UsageError(`--against ${path}: there is no checkout of this app with its packages.`)
  return checkout
}

function measureCalled(name: string): MeasureName {
  if (!(name in MEASURES)) throw new UsageError(`There is no measure called ${name}.\n\n${usage()}`)
  return name as MeasureName
}

function rounds(given: string | undefined): { rounds?: number } {
  if (given === undefined) return {}
  if (!/^[1-9]\d?$/.test(given)) throw new UsageError('--rounds must be a number from 1 to 99.')
  return { rounds: Number(given) }
}

/** What can be asked for. */
export function usage(): string {
  const measures = Object.entries(MEASURES).map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  return `npm run bench -- [measure …] [options]

${measures.join('\n')}

  --quick              small batches and few rounds: to see that it works, not for figures
  --rounds N           rounds, in which all servers take turns
  --only a,b           these servers only: ${[...PEERS, OURS].map(({ name }) => name).join(', ')}
  --against PATH       another checkout of this app, with its packages: takes part as “before”
  --profile            the same as the measure profile
  --postgres URL       our app on PostgreSQL too; {name} in the URL becomes the name of a database
  --json               figures for a program
  --help               this`
}
