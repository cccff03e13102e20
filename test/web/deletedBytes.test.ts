import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'
import { ID, knowledge, meta, USER_ID } from './metaCalls.ts'

const DAY = 24 * 60 * 60 * 1000
const WEBHOOK = {
  WEBHOOK_URL: 'http://127.0.0.1:9/hook',
  WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 5).toString('base64')}`,
}

/** Every byte that the database has written, as text. */
async function bytes(world: World): Promise<string> {
  await world.database.run('VACUUM')
  await world.database.all('PRAGMA wal_checkpoint(TRUNCATE)')
  return bytesAsTheyAre(world)
}

async function bytesAsTheyAre({ databaseFile }: World): Promise<string> {
  const folder = dirname(databaseFile)
  const names = (await readdir(folder)).filter((name) => name.startsWith(basename(databaseFile)))
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))
  return files.join('')
}

test('nothing about the person remains in any file of the database', async () => {
  await using world = await startWorld(WEBHOOK)
  await person(world).login()
  world.pass(55 * DAY)
  await world.upkeep() // refreshed, with events that wait
  await person(world).login()
  const known = await knowledge(world)
  const before = await bytes(world)

  await meta(world, '/data-deletion')

  const after = await bytes(world)
  for (const piece of known) {
    expect(piece.length).toBeGreaterThan(10)
    expect(before).toContain(piece)
    expect(after).not.toContain(piece)
  }
})

test('nothing remains either of a person who disconnected before, and whose events still wait', async () => {
  await using world = await startWorld(WEBHOOK)
  const somebody = person(world)
  await somebody.login()
  await somebody.post('/disconnect')
  const before = await bytes(world)

  await meta(world, '/data-deletion')

  const after = await bytes(world)
  expect(before).toContain('harbour.bakery')
  for (const piece of ['harbour.bakery', ID, USER_ID]) expect(after).not.toContain(piece)
})

test('a minute later nothing remains either, though nobody compacted the files or stopped the app', async () => {
  await using world = await startWorld(WEBHOOK)
  await person(world).login()
  const known = await knowledge(world)
  await meta(world, '/data-deletion')

  await world.upkeep()

  const after = await bytesAsTheyAre(world)
  for (const piece of known) expect(after).not.toContain(piece)
})
