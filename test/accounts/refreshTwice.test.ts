import { expect, test } from 'vitest'
import { idOf, startStage } from './refreshStage.ts'
import {
  accountsOf,
  DAY,
  happened,
  MINUTE,
  onlyAccount,
  refreshCount,
  refreshedTokens,
} from './refreshWorld.ts'

test('two processes on one database refresh forty due accounts forty times, each once', async () => {
  await using stage = await startStage()
  for (let number = 0; number < 40; number += 1) await stage.connect(idOf(number), 55 * DAY)
  const one = stage.keeping({ database: await stage.openAnother() })
  const other = stage.keeping({ database: await stage.openAnother() })

  await Promise.all([one.refresher.refreshDue(), other.refresher.refreshDue()])

  const tokens = refreshedTokens(stage)
  expect(tokens).toHaveLength(40)
  expect(new Set(tokens).size).toBe(40)
  expect(happened(stage).filter((type) => type === 'token.refreshed')).toHaveLength(40)
  for (const account of await accountsOf(stage))
    expect(account).toMatchObject({ status: 'ok', tokenObtainedAt: stage.now() })
  expect(stage.errors).toStrictEqual([])
})

test('passes that overlap in one process refresh each account once', async () => {
  await using stage = await startStage()
  for (let number = 0; number < 20; number += 1) await stage.connect(idOf(number), 55 * DAY)
  const { refresher } = stage.keeping()

  await Promise.all([refresher.refreshDue(), refresher.refreshDue(), refresher.refreshDue()])

  expect(refreshCount(stage)).toBe(20)
})

test('two processes that find the same key missing say so once', async () => {
  await using stage = await startStage()
  for (let number = 0; number < 10; number += 1) await stage.connect(idOf(number))
  const tokenKeys = [{ id: 'k9', secret: Buffer.alloc(32, 9) }]
  const one = stage.keeping({ tokenKeys, database: await stage.openAnother() })
  const other = stage.keeping({ tokenKeys, database: await stage.openAnother() })

  await Promise.all([
    one.checkKeys(new AbortController().signal),
    other.checkKeys(new AbortController().signal),
  ])

  expect(happened(stage).filter((type) => type === 'account.unreadable')).toHaveLength(10)
})

test('an account in the hands of a process that died is free after a minute, not before', async () => {
  await using stage = await startStage()
  const { key } = await stage.connect(idOf(1), 55 * DAY)
  const called = Promise.withResolvers<undefined>()
  const dying = {
    ...stage.instagram,
    async refresh(token: string) {
      await stage.instagram.refresh(token)
      called.resolve(undefined)
      return new Promise<never>(() => undefined)
    },
  }
  const { refresher, accounts } = stage.keeping()
  const held = await accounts.accessToken(key)
  void stage.keeping({ instagram: dying }).refresher.refreshDue()
  await called.promise

  stage.pass(MINUTE - 1)
  await refresher.refreshDue()
  await refresher.refresh(key)
  const whileLeased = refreshedTokens(stage)
  stage.pass(1)
  await refresher.refreshDue()

  expect(whileLeased).toStrictEqual([held])
  expect(refreshedTokens(stage)).toStrictEqual([held, held])
  expect(await onlyAccount(stage)).toMatchObject({ status: 'ok', tokenObtainedAt: stage.now() })
  expect(happened(stage)).toStrictEqual(['account.connected', 'token.refreshed'])
})
