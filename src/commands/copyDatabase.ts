import { parseArgs } from 'node:util'
import { config as readDotenv } from 'dotenv'
import { failedBy, inJson, inWords } from './failure.ts'
import { bar, number, WIPED } from './progressBar.ts'
import { type Copy, copyDatabase } from '../storage/copyDatabase.ts'
import { openDatabase, openUnchanged, type Unchanged } from '../storage/database.ts'

// `npm run copy-database`: databases → copy → report. Ctrl-C once ends the batch in hand; twice, the process.
try {
  const stopping = new AbortController()
  process.once('SIGINT', () => {
    stopping.abort()
  })
  const { json, ...given } = parseArgs({
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  }).values
  readDotenv({ quiet: true })
  const { from = process.env['FROM_DATABASE_URL'], to = process.env['DATABASE_URL'] } = given
  if (!from) throw new Error('name the database to copy from, with --from or as FROM_DATABASE_URL')
  if (!to) throw new Error('name the database to copy to, with --to or as DATABASE_URL')
  if (from === to) throw new Error('the database to copy from and the one to copy to are the same')
  console.error('The app must be stopped until this is done: what it changed meanwhile would be missing.')
  const copy = await run(from, to, !json && process.stdout.isTTY, stopping.signal)
  console.log(json ? asJson(copy) : report(copy))
  process.exitCode = copy.finished ? 0 : 130
} catch (error) {
  process.exitCode = 1
  if (process.argv.includes('--json')) console.log(inJson(failedBy(error)))
  console.error(`${inWords(error)}\nNothing is lost: start it again at any time.`)
}

async function run(from: string, to: string, drawn: boolean, signal: AbortSignal): Promise<Copy> {
  await using ending = new AsyncDisposableStack()
  const open = async (url: string) => ending.adopt(await openUnchanged(url), closed)
  const source = await open(from)
  // A new database gets its tables.
  await (await openDatabase(to)).close()
  const destination = await open(to)
  if (drawn) ending.defer(() => void process.stdout.write(WIPED))
  return await copyDatabase({
    from: source,
    to: destination,
    onProgress: (progress) => drawn && process.stdout.write(bar(progress)),
    signal,
  })
}

function closed({ database }: Unchanged): Promise<void> {
  return database.close()
}

function report({ rows, copied, finished }: Copy): string {
  const lines = [`${number(copied)} ${copied === 1 ? 'row' : 'rows'} copied. Now there are in both`]
  for (const [table, count] of rows) lines.push(`  ${table}: ${number(count)}`)
  lines.push(
    finished
      ? 'Both were counted, and have the same. Set DATABASE_URL to the new one, with the same SESSION_SECRETS and TOKEN_KEYS, and start the app.'
      : 'Stopped before the end. Start it again at any time: it goes on from here.',
  )
  return lines.join('\n')
}

function asJson({ rows, copied, finished }: Copy): string {
  return JSON.stringify({ copied, finished, tables: Object.fromEntries(rows) })
}
