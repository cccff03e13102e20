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
  if (all === 0) return 'The database in DATABASE_URL has no accounts.'

  const lines = [`${accounts(encrypted)} re-encrypted with ${newest}. Accounts by key:`]
  for (const [id, count] of counts) {
    const line = `  ${id}: ${accounts(count)}`
    if (id === newest) lines.push(`${line} (the newest key)`)
    else if (!older.includes(id)) lines.push(`${line} (missing from TOKEN_KEYS)`)
    else if (count === 0) lines.push(`${line} (no longer needed: you can remove it from TOKEN_KEYS)`)
    else lines.push(`${line} (still needed)`)
  }
  if (unreadable > 0) lines.push(`${accounts(unreadable)} could not be decrypted and were not changed.`)
  if (!isFinished) lines.push('Stopped early. Run the command again to continue.')
  else if (behind > unreadable)
    lines.push(
      'The app encrypted some tokens with an older key in the meantime. Restart it with these TOKEN_KEYS, then run this again.',
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
