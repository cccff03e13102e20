import { parseArgs } from 'node:util'
import { config as readDotenv } from 'dotenv'
import { createKeyRing } from '../accounts/keyRing.ts'
import { rotateKeys, type Rotation, type RotationProgress } from '../accounts/rotateKeys.ts'
import { type Config, readConfig } from '../settings/config.ts'
import { failedBy, inJson, inWords } from './failure.ts'
import { bar, number, WIPED } from './progressBar.ts'
import { withKeptSecrets } from '../settings/secrets.ts'
import { openDatabase } from '../storage/database.ts'

// `npm run rotate-keys`: settings → database → rotation → report. Ctrl-C once ends the batch in hand; twice, the process.
try {
  const stopping = new AbortController()
  process.once('SIGINT', () => {
    stopping.abort()
  })
  const { json } = parseArgs({ options: { json: { type: 'boolean', default: false } } }).values
  readDotenv({ quiet: true })
  const config = await withKeptSecrets(readConfig(process.env))
  const rotation = await run(config, !json && process.stdout.isTTY, stopping.signal)
  console.log(json ? asJson(rotation, config) : report(rotation, config))
  process.exitCode = exitCode(rotation)
} catch (error) {
  process.exitCode = 1
  if (process.argv.includes('--json')) console.log(inJson(failedBy(error)))
  console.error(`${inWords(error)}\nNothing is lost: start it again at any time.`)
}

async function run({ databaseUrl, tokenKeys }: Config, drawn: boolean, signal: AbortSignal) {
  await using ending = new AsyncDisposableStack()
  const database = ending.adopt(await openDatabase(databaseUrl), (opened) => opened.close())
  if (drawn) ending.defer(() => void process.stdout.write(WIPED))
  const onProgress = (progress: RotationProgress) => drawn && process.stdout.write(bar(progress))
  return await rotateKeys({ database, keyRing: createKeyRing(tokenKeys), onProgress, signal })
}

function report({ sealed, unreadable, counts, finished }: Rotation, { tokenKeys }: Config): string {
  const [newest = '', ...older] = tokenKeys.map(({ id }) => id)
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const behind = all - (counts.get(newest) ?? 0)
  if (all === 0) return 'There is no account in the database that DATABASE_URL names.'

  const lines = [`${accounts(sealed)} sealed anew under ${newest}. Now there are under`]
  for (const [id, count] of counts) {
    const line = `  ${id}: ${accounts(count)}`
    if (id === newest) lines.push(`${line} (the newest key)`)
    else if (!older.includes(id)) lines.push(`${line} (a key that is missing from TOKEN_KEYS)`)
    else if (count === 0) lines.push(`${line} (no longer needed: it may be removed from TOKEN_KEYS)`)
    else lines.push(`${line} (still needed)`)
  }
  if (unreadable > 0) lines.push(`${accounts(unreadable)} could not be opened, and stayed as before.`)
  if (!finished) lines.push('Stopped before the end. Start it again at any time: it goes on from here.')
  else if (behind > unreadable)
    lines.push(
      'The app has sealed some under an older key meanwhile: restart it with these TOKEN_KEYS, then do this again.',
    )
  return lines.join('\n')
}

function asJson({ sealed, unreadable, counts, finished }: Rotation, { tokenKeys }: Config): string {
  const known = tokenKeys.map(({ id }) => id)
  const keys = Array.from(counts, ([id, count]) => ({
    id,
    accounts: count,
    newest: id === known[0],
    missing: !known.includes(id),
  }))
  return JSON.stringify({ sealed, unreadable, finished, keys })
}

function exitCode({ finished, unreadable }: Rotation): number {
  if (!finished) return 130
  return unreadable > 0 ? 1 : 0
}

function accounts(count: number): string {
  return `${number(count)} ${count === 1 ? 'account' : 'accounts'}`
}
