import { createBench } from './bench.ts'
import { installPeers } from './install.ts'
import { machine, pinDriver } from './machine.ts'
import { MEASURES } from './measures.ts'
import { type Options, readOptions, usage, UsageError } from './options.ts'
import { inText, type Table } from './table.ts'

// The process: command line → peers → stub → one measure after the other → tables.
try {
  const args = process.argv.slice(2)
  if (args.includes('--help')) console.log(usage())
  else await run(readOptions(args))
} catch (error) {
  process.exitCode = 1
  console.error(error instanceof UsageError ? error.message : error)
}

async function run(options: Options): Promise<void> {
  installPeers()
  pinDriver()
  await using bench = await createBench(options)
  const tables: Table[] = []
  for (const name of options.measures) tables.push(...(await MEASURES[name].run(bench)))
  bench.progress.end()
  print(tables, options.json)
}

function print(tables: readonly Table[], json: boolean): void {
  if (json) console.log(JSON.stringify({ machine: machine(), tables }, null, 2))
  else console.log([machine(), '', ...tables.map(inText)].join('\n'))
}
