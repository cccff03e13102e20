import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Disk } from '../../src/storage/disk.ts'
import { DatabaseUnavailableError } from '../../src/storage/unavailable.ts'
import { temporaryFolder } from './engines.ts'

describe('a disk', () => {
  test('is at work for one turn at a time, and the next is for all who came meanwhile', async () => {
    const { disk, turns } = await slowDisk()

    const first = disk.flush()
    await turns.next()
    const [second, third] = [disk.flush(), disk.flush()]
    turns.end()
    await first
    await turns.next()
    turns.end()
    await Promise.all([second, third])

    expect(turns.begun()).toBe(2)
  })

  test('answers nobody before it has begun anew after they came', async () => {
    const { disk, turns } = await slowDisk()
    let answered = false

    const first = disk.flush()
    await turns.next()
    const second = disk.flush().then(() => (answered = true))
    turns.end()
    await first
    await turns.next()

    expect(answered).toBe(false)
    turns.end()
    await second
  })

  test('takes along who comes in the same round of the event loop', async () => {
    const { disk, turns } = await slowDisk()

    const first = disk.flush()
    await new Promise((resolve) => {
      process.nextTick(resolve)
    })
    const second = disk.flush()
    await turns.next()
    turns.end()

    await Promise.all([first, second])
    expect(turns.begun()).toBe(1)
  })

  test('that failed is never believed again', async () => {
    const { disk, turns } = await slowDisk()

    const first = disk.flush()
    await turns.next()
    turns.fail(new Error('EIO: i/o error'))

    await expect(first).rejects.toThrow(DatabaseUnavailableError)
    await expect(disk.flush()).rejects.toThrow(DatabaseUnavailableError)
    expect(turns.begun()).toBe(1)
  })

  test('without the file says so, until the file is there', async () => {
    const path = join(await temporaryFolder(), 'log')
    const disk = new Disk(path)
    onTestFinished(() => disk.close())

    await expect(disk.flush()).rejects.toThrow('cannot be opened')
    await writeFile(path, '')

    await expect(disk.flush()).resolves.toBeUndefined()
  })

  test('that is closed while it is at work answers all who came before', async () => {
    const { disk, turns } = await slowDisk()

    const first = disk.flush()
    await turns.next()
    const closed = disk.close()
    const second = disk.flush()
    turns.end()
    await turns.next()
    turns.end()

    await expect(Promise.all([first, second, closed, disk.close()])).resolves.toHaveLength(4)
    expect(turns.begun()).toBe(2)
  })
})

/** A disk whose turns end when the test says so. */
async function slowDisk() {
  const path = join(await temporaryFolder(), 'log')
  await writeFile(path, '')
  let begun = 0
  let next = Promise.withResolvers<undefined>()
  let turn = Promise.withResolvers<undefined>()
  const disk = new Disk(path, async () => {
    begun += 1
    turn = Promise.withResolvers()
    next.resolve(undefined)
    await turn.promise
  })
  const turns = {
    begun: () => begun,
    /** Waits for the beginning of a turn. */
    async next() {
      await next.promise
      next = Promise.withResolvers()
    },
    end: () => {
      turn.resolve(undefined)
    },
    fail: (error: Error) => {
      turn.reject(error)
    },
  }
  return { disk, turns }
}
