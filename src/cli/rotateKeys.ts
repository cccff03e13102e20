import { createTokenCipher } from '../accounts/tokenCipher.ts'
import { rotateKeys as rotate, type Rotation } from '../accounts/tokenKeys.ts'
import { configFromEnvironment } from '../config.ts'
import { openDatabase } from '../database/database.ts'
import { withStoredSecrets } from '../secrets.ts'
import { accountsEnvironment } from './environment.ts'
import { ExitError, formatCount, listenForInterruption, print, showStatus, type Terminal } from './terminal.ts'

/** `rotate-keys`: encrypts every stored token with the newest key. Ctrl-C ends it after the current batch. */
export async function rotateKeys({ json = false }: { json?: boolean }, terminal: Terminal): Promise<void> {
  const config = withStoredSecrets(configFromEnvironment(...accountsEnvironment(terminal)))
  const keyIds = config.tokenKeys.map(({ id }) => id)
  using interruption = listenForInterruption()
  const database = await openDatabase(config.databaseUrl)
  const rotation = await rotate({
    database,
    cipher: createTokenCipher(config.tokenKeys),
    onProgress: ({ done, total }) => {
      if (!json) showStatus(terminal, `${formatCount(done)} of ${formatCount(total)}`)
    },
    signal: interruption.signal,
  }).finally(() => database.close())
  showStatus(terminal)
  print(terminal, json ? JSON.stringify(toJson(rotation, keyIds)) : report(rotation, keyIds))
  if (!rotation.isFinished) throw new ExitError(130)
  if (rotation.unreadable > 0) throw new ExitError(1)
}

function report({ encrypted, unreadable, counts, isFinished }: Rotation, keyIds: readonly string[]): string {
  const [newest = '', ...older] = keyIds
  const all = counts.values().reduce((sum, count) => sum + count, 0)
  const behind = all - (counts.get(newest) ?? 0)
  if (all === 0) return 'There is no account in the database that DATABASE_URL names.'

  const lines = [`${accounts(encrypted)} sealed anew under ${newest}. Now there are under`]
  for (const [id, count] of counts) {
    const line = `  ${id}: ${accounts(count)}`
    if (id === newest) lines.push(`${line} (the newest key)`)
    else if (!older.includes(id)) lines.push(`${line} (a key that is missing from TOKEN_KEYS)`)
    else if (count === 0) lines.push(`${line} (no longer needed: it may be removed from TOKEN_KEYS)`)
    else lines.push(`${line} (still needed)`)
  }
  if (unreadable > 0) lines.push(`${accounts(unreadable)} could not be opened, and stayed as before.`)
  if (!isFinished) lines.push('Stopped before the end. Start it again at any time: it goes on from here.')
  else if (behind > unreadable)
    lines.push(
      'The app has sealed some under an older key meanwhile: restart it with these TOKEN_KEYS, then do this again.',
    )
  return lines.join('\n')
}

function toJson({ encrypted, unreadable, counts, isFinished }: Rotation, keyIds: readonly string[]): object {
  const keys = Array.from(counts, ([id, count]) => ({
    id,
    accounts: count,
    newest: id === keyIds[0],
    missing: !keyIds.includes(id),
  }))
  return { sealed: encrypted, unreadable, finished: isFinished, keys }
}

function accounts(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'account' : 'accounts'}`
}
