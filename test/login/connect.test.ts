import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import { useStage } from '../accounts/stage.ts'

const stage = useStage()

/** A person back from Instagram: what the app gets to finish the login with. */
async function comeBack(context = stage.process(), as: 'business' | 'creator' = 'business') {
  const { url, browserSecret } = context.login.beginLogin()
  return { callback: await stage.sandbox.authorize(url, { as }), browserSecret }
}

test('a code becomes an account with a profile and a token of 60 days, by three calls', async () => {
  const context = stage.process()

  const { account, withheld, isRepeated, returnTo } = await context.login.finishLogin(await comeBack(context))

  const { calls } = stage.sandbox
  expect([withheld, isRepeated, returnTo]).toStrictEqual([[], false, undefined])
  expect(account).toMatchObject({
    id: '27640875392278831',
    userId: '17841403815449847',
    username: 'harbour.bakery',
    name: 'Harbour Bakery',
    accountType: 'BUSINESS',
    pictureUrl: `${stage.sandbox.origin}/pictures/business.png`,
    profileReadAt: stage.now(),
    permissions: ['instagram_business_basic'],
    askedScopes: ['instagram_business_basic'],
    tokenKind: 'long_lived',
  })
  expect(calls.map(({ endpoint }) => endpoint).toSorted()).toStrictEqual(['long_lived', 'me', 'token'])
  const token = (await context.accounts.accessToken(account.key)) ?? ''
  const sent = calls.flatMap(({ query }) => query.map(([, value]) => value))
  expect(sent).not.toContain(token)
  expect(await context.instagram.profile(token)).toMatchObject({ id: account.id })
})

test('two people who log in at the same moment are two accounts', async () => {
  const context = stage.process()
  const logins = [await comeBack(context), await comeBack(context, 'creator')]

  const finished = await Promise.all(logins.map((login) => context.login.finishLogin(login)))

  expect(finished.map(({ account }) => account.username)).toStrictEqual(['harbour.bakery', 'mira.draws'])
})

test('an account is stored without what Instagram withholds, which the login tells', async () => {
  const context = stage.process()
  stage.sandbox.answerNext('long_lived', { fault: 'reset' })
  stage.sandbox.answerNext('me', { status: 503, contentType: 'text/html', body: '<h1>Sorry</h1>' })

  const { account, withheld } = await context.login.finishLogin(await comeBack(context))

  expect(withheld.map(({ kind }) => kind)).toStrictEqual(['unreachable', 'unavailable'])
  expect(account).toMatchObject({
    id: '27640875392278831',
    username: null,
    tokenKind: 'short_lived',
    status: 'short_lived',
    statusReason: withheld[0]?.code,
    profileReadAt: null,
  })
  expect(await context.accounts.accessToken(account.key)).toMatch(/^IGAA/)
})

test('a code that Instagram refuses connects nobody and calls nothing else', async () => {
  const context = stage.process()
  const login = await comeBack(context)
  stage.sandbox.fail('code_used')

  await expect(context.login.finishLogin(login)).rejects.toMatchObject({ kind: 'code_used' })

  expect(stage.sandbox.calls.map(({ endpoint }) => endpoint)).toStrictEqual(['token'])
  expect(await stage.accounts()).toStrictEqual([])
})

describe('a database that fails while a token is stored', () => {
  test('for good is not tried again, and the person is told that the token is lost', async () => {
    const context = stage.process({
      database: { ...stage.database, transaction: () => Promise.reject(new Error('a mistake in the SQL')) },
    })
    const login = await comeBack(context)

    const finishing = context.login.finishLogin(login)

    await expect(finishing).rejects.toMatchObject({
      code: 'token_not_kept',
      message: 'Instagram issued a token for the account 27640875392278831, and it could not be stored',
      cause: { message: 'a mistake in the SQL' },
    })
    await expect(context.login.finishLogin(login)).rejects.toMatchObject({ code: 'token_not_kept' })
  })

  test.each([
    ['and is tried again', new AppError('database_unavailable')],
    ['and cannot be asked again', new Error('the connection ended')],
  ])('after it has stored it %s still makes the login succeed when it is repeated', async (_, failure) => {
    let failures = 0
    const context = stage.process({
      database: {
        ...stage.database,
        async transaction(work) {
          const result = await stage.database.transaction(work)
          if (++failures === 1) throw failure
          return result
        },
      },
    })
    const login = await comeBack(context)
    await context.login.finishLogin(login).catch(() => undefined)

    const { account, isRepeated } = await context.login.finishLogin(login)

    expect(isRepeated).toBe(true)
    expect(account).toStrictEqual(await stage.onlyAccount())
    expect(stage.sandbox.calls.filter(({ endpoint }) => endpoint === 'token')).toHaveLength(1)
  })
})
