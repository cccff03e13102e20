import type { ServerResponse } from 'node:http'
import { application, type RequestHandler } from 'express'
import type { Account, AccountStatus } from './accounts/account.ts'
import type { DataDeletion } from './accounts/dataDeletion.ts'
import type { AccountEvent } from './accounts/events.ts'
import type { RefreshResult } from './accounts/refresher.ts'
import { importToken, NoValidTokenError, type ValidToken, validToken } from './accounts/tokens.ts'
import { createRouter } from './app.ts'
import { configFromOptions, withoutEmpty } from './config.ts'
import { createContext } from './context.ts'
import { openInBackground } from './database/database.ts'
import { warnOfSettings } from './doctor/doctor.ts'
import { errorLogFields } from './errors/errors.ts'
import { hostLogger } from './log.ts'
import type { FinishLogin, Login } from './login/login.ts'
import type { InstagramOptions } from './options.ts'
import { withStoredSecrets } from './secrets.ts'

/** Instagram login in your app: a router with pages, and the connected accounts. */
export interface Instagram extends Login, AsyncDisposable {
  /**
   * Every page and endpoint. Mount it at the redirect URI's path without the last segment: `/instagram` for `…/instagram/response`. Other
   * requests go on to your app.
   */
  router: RequestHandler
  accounts: InstagramAccounts
  /** For your own routes that Meta calls, with the result of `verifySignedRequest`. The router has such routes already. */
  dataDeletion: DataDeletion
  /**
   * Refreshes tokens, delivers events and deletes old rows that are due. Runs once a minute unless the option `jobs` is off. Safe to call at
   * any time, in any number of processes. Never rejects: failures are logged, and the next run retries.
   */
  runJobs(): Promise<void>
  /**
   * Waits for the database. Rejects with the error while it cannot be opened. Opening is retried every ten seconds; until then everything
   * that needs the database fails with `database_unavailable` (503).
   */
  ready(): Promise<void>
  /** Waits for current requests and calls, then closes everything, so that the process can exit. Later calls are refused. */
  close(): Promise<void>
}

/**
 * The connected accounts. An account is found by its `key`, which never changes, or by either of Instagram's two IDs. All methods reject
 * with an `AppError` `database_unavailable` while the database cannot be reached.
 */
export interface InstagramAccounts {
  /** One page of the accounts, ordered by ID. */
  list(query?: ListQuery): Promise<AccountList>
  /** The account, without its token; `undefined`: it is not connected. */
  find(id: string): Promise<Account | undefined>
  /**
   * A valid token of the account, refreshed first if due. If refreshing fails, the current token is returned until it expires.
   *
   * @throws {NoValidTokenError} with the reason
   */
  token(id: string): Promise<ValidToken>
  /** Refreshes the account's token now, if that is possible. */
  refresh(id: string): Promise<RefreshResult>
  /** Deletes the account and its token, and revokes access on Instagram (see `revokeOnDisconnect`). Returns whether it was connected. */
  disconnect(id: string): Promise<boolean>
  /**
   * Connects an account with an existing token, for example from Meta's dashboard. A short-lived token is exchanged for a long-lived one.
   *
   * @throws {AppError} `facebook_token`, `basic_display_token` or `no_token`: the text is not an Instagram token; `account_not_allowed`
   * @throws {InstagramError} Instagram does not accept the token
   */
  importToken(token: string): Promise<Account>
}

/** Which accounts to list. */
export interface ListQuery {
  /** Default: all. */
  status?: AccountStatus | undefined
  /** Accounts on a page, 1 to 1,000. Default: 100. */
  limit?: number | undefined
  /** `next` of the previous page. Default: the first page. */
  after?: string | undefined
}

/** One page of accounts. */
export interface AccountList {
  accounts: readonly Account[]
  /** Pass it as `after` for the next page; `null`: this is the last one. */
  next: string | null
}

/** For routers mounted outside Express, which adds properties to requests and responses. */
const WRAP_ROUTER =
  'The Instagram router requires Express. In other frameworks wrap it and mount the result: express().use(path, instagram.router).'

/**
 * Creates Instagram login for an Express 5 app.
 *
 * ```ts
 * import { createInstagram } from 'instagram-access-token'
 *
 * const instagram = createInstagram({ clientId, clientSecret, redirectUri: 'https://example.com/instagram/response' })
 * app.use('/instagram', instagram.router)
 * ```
 *
 * The database opens in the background. One process can have several, with different settings and databases.
 *
 * @throws {ConfigError} with all mistakes in options
 * @throws Error for the operator: a stored secret cannot be read or created, or Express is version 4
 */
export function createInstagram(options: InstagramOptions): Instagram {
  // Express 4, which alone has this method, would not catch the rejections of our handlers.
  if ('lazyrouter' in application) throw new Error('createInstagram needs Express 5: npm install express@5')
  const config = withStoredSecrets(configFromOptions(options, process.env))
  const { log: hostLog, now = () => new Date(), jobs = true, onEvent, ...given } = withoutEmpty(options)
  const { onConnected, onFailure, render, bindTo } = given
  const log = hostLogger(hostLog)
  warnOfSettings(config, {}, log)
  const database = openInBackground(config.databaseUrl, (error) => {
    log.error({ err: error }, 'the database cannot be opened; the app retries in ten seconds')
  })
  const context = createContext(config, {
    database,
    log,
    now,
    listeners: [callHost],
    reconnectUrl: given.reconnectUrl,
  })
  const { accounts, login, dataDeletion } = context
  if (jobs) context.jobs.start()

  /** A host's mistake must not undo what has happened. */
  function callHost(event: AccountEvent): void {
    Promise.try(() => onEvent?.(event)).catch((error: unknown) => {
      log.error({ err: error, type: event.type, account: event.account.id }, 'onEvent failed')
    })
  }

  const underWay = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  /** The method, refused after `close`, which waits for calls under way. */
  function tracked<Args extends unknown[], Result>(method: (...args: Args) => Promise<Result>) {
    return async (...args: Args): Promise<Result> => {
      assertOpen()
      const result = method(...args)
      underWay.add(result)
      return result.finally(() => underWay.delete(result))
    }
  }

  function assertOpen(): void {
    if (closing) throw new Error('This createInstagram() was closed.')
  }

  async function close(): Promise<void> {
    context.stopping.abort()
    await Promise.allSettled(underWay)
    await context[Symbol.asyncDispose]()
  }

  /** Keys are UUIDs, Instagram's ids are digits. */
  const find = (id: string) => (id.includes('-') ? accounts.find(id) : accounts.findById(id))

  const pages = createRouter(context, { hooks: { onConnected, onFailure, render }, bindTo })
  const mounted: RequestHandler = (request, response, next) => {
    if (!('app' in request)) {
      log.error(WRAP_ROUTER)
      ;(response as ServerResponse).writeHead(500, { 'Content-Type': 'text/plain' }).end(WRAP_ROUTER)
      return
    }
    const { promise, resolve } = Promise.withResolvers<undefined>()
    if (!response.closed && !closing) void tracked(() => promise)()
    response.once('close', resolve)
    pages(request, response, (error?: unknown) => {
      resolve(undefined)
      next(error)
    })
  }

  return {
    router: mounted,
    beginLogin(options) {
      assertOpen()
      return login.beginLogin(options)
    },
    finishLogin: tracked(async (options: FinishLogin) => {
      const finished = await login.finishLogin(options)
      for (const err of finished.withheld)
        log.warn({ err, ...errorLogFields(err, config.names) }, 'connected, but with missing data or permissions')
      return finished
    }),
    accounts: {
      list: tracked(async ({ status, limit = 100, after = '' }: ListQuery = {}) => {
        if (!Number.isInteger(limit) || limit < 1 || limit > 1_000)
          throw new RangeError('limit must be a whole number from 1 to 1,000.')
        const page = await accounts.page({ status, limit, after })
        return { accounts: page.accounts, next: page.more ? (page.accounts.at(-1)?.id ?? null) : null }
      }),
      find: tracked(find),
      token: tracked(async (id: string) => {
        const account = await find(id)
        if (!account) throw new NoValidTokenError('not_connected')
        return validToken(account, context)
      }),
      refresh: tracked(async (id: string): Promise<RefreshResult> => {
        const account = await find(id)
        return account ? context.refresher.refresh(account.key) : { outcome: 'gone', account }
      }),
      disconnect: tracked(async (id: string) => {
        const account = await find(id)
        return account !== undefined && (await context.disconnect(account.key)) !== undefined
      }),
      importToken: tracked((token: string) => importToken(token, context)),
    },
    dataDeletion: {
      deauthorize: tracked((id: string, askedAt: Date | null) => dataDeletion.deauthorize(id, askedAt)),
      deleteData: tracked((id: string, askedAt: Date | null) => dataDeletion.deleteData(id, askedAt)),
      findDeletion: tracked((code: string) => dataDeletion.findDeletion(code)),
    },
    runJobs: tracked(() => context.jobs.run()),
    ready: tracked(() => database.ready().then(() => undefined)),
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}
