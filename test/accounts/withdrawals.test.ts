import { expect, test } from 'vitest'
import { createClaims } from '../../src/accounts/claims.ts'
import { createEvents } from '../../src/accounts/events.ts'
import { createKeyRing } from '../../src/accounts/keyRing.ts'
import { createWithdrawals } from '../../src/accounts/withdrawals.ts'
import { later, NOW } from '../instagram/support.ts'
import { APP_ID, connected, OLD_KEY, startKeeping } from './support.ts'

/** An account that a refresher has claimed, and what becomes of it when the person takes it back. */
async function claimed() {
  const keeping = await startKeeping()
  const now = () => NOW
  const events = createEvents({ now, listeners: [], kept: true, reconnectUrl: () => '' })
  const { key } = await keeping.accounts.connect(connected())
  const claims = createClaims(keeping.database, createKeyRing([OLD_KEY]), events, now)
  const claim = await claims.one(key)
  if (!claim) throw new Error('not claimed')
  return {
    keeping,
    claims,
    claim,
    withdrawals: createWithdrawals(keeping.database, events, now),
    [Symbol.asyncDispose]: () => keeping[Symbol.asyncDispose](),
  }
}

const NEW_TOKEN = {
  kind: 'long_lived',
  accessToken: 'IGAAsecond',
  obtainedAt: NOW,
  expiresAt: later(5_183_944),
} as const

test('a refresh that is under way does not bring a destroyed token back', async () => {
  await using here = await claimed()
  const { keeping, claims, claim, withdrawals } = here
  await withdrawals.deauthorize(APP_ID, NOW)

  const kept = await claims.settle(claim, { account: claim.account, token: NEW_TOKEN })

  expect(kept).toBe(false)
  expect(await keeping.accounts.accessToken(claim.account.key)).toBeUndefined()
  expect(await keeping.accounts.find(claim.account.key)).toMatchObject({
    status: 'disconnected_by_instagram',
  })
})

test('a refresh that is under way does not bring an erased account back', async () => {
  await using here = await claimed()
  const { keeping, claims, claim, withdrawals } = here
  await withdrawals.erase(APP_ID, NOW)

  const kept = await claims.settle(claim, {
    account: claim.account,
    token: NEW_TOKEN,
    event: 'token.refreshed',
  })

  expect(kept).toBe(false)
  expect(await keeping.count()).toBe(0)
  expect(await keeping.database.all('SELECT * FROM events')).toStrictEqual([])
})

test('what cannot all be deleted is not deleted at all', async () => {
  await using here = await claimed()
  const { keeping, withdrawals } = here
  await keeping.database.run('DROP TABLE deletions')

  const erasing = withdrawals.erase(APP_ID, NOW)

  await expect(erasing).rejects.toThrow('deletions')
  expect(await keeping.count()).toBe(1)
})
