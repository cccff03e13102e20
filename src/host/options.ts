import type { Account } from '../accounts/account.ts'
import type { AccountEvent } from '../accounts/events.ts'
import type { Log } from './hostLog.ts'

/**
 * How to open Instagram. `undefined`, an empty text and an empty list count as left out, so that variables of the environment
 * can stand anywhere. Lists may be written as one text too, with commas between.
 */
export interface AccessOptions {
  /** The Instagram app ID (not the Facebook app's), from Meta’s dashboard → Instagram → API setup with Instagram login. Required. */
  clientId: string | undefined
  /** The Instagram app secret that goes with it. Required. */
  clientSecret: string | undefined
  /**
   * Where Instagram sends people back, exactly as registered: Instagram compares it letter by letter. With any path, such as
   * `https://example.com/instagram/response`; https, or on this machine http outside production. Required.
   */
  redirectUri: string | undefined
  /** What to ask for. Default: `instagram_business_basic`, without which nothing is granted. */
  scopes?: string | readonly string[] | undefined
  /** Where people authorize. Default: `https://www.instagram.com/oauth/authorize`. */
  authorizeUrl?: string | undefined
  /** Where codes are exchanged. Default: `https://api.instagram.com/oauth/access_token`. */
  tokenUrl?: string | undefined
  /** Where the rest of the API is, without a version. Default: `https://graph.instagram.com`. */
  graphUrl?: string | undefined
  /** The version in the path of `/me`. Default: `v26.0`. */
  graphVersion?: string | undefined
  /**
   * The database that accounts are kept in: an SQLite file, made where missing; `file::memory:`, gone at the end; or
   * `postgres://user:password@host:5432/database`, where one machine is not enough. Its accounts are those of all that open it:
   * two Instagram apps need two. Default: `file:./data/accounts.db`.
   */
  databaseUrl?: string | undefined
  /**
   * Secrets that sign the logins under way, and cookies of ours, newest first; each at least 32 characters. Default outside production: one that is made and
   * kept beside the database. Required in production.
   */
  sessionSecrets?: string | readonly string[] | undefined
  /**
   * Keys that seal tokens in the database, newest first, each written as `id:base64 of 32 bytes`. Keep them: what they sealed opens with
   * nothing else. Default outside production: one that is made and kept beside the database. Required in production.
   */
  tokenKeys?: string | readonly string[] | undefined
  /** Days before its end from which a token is refreshed, 1 to 50. Default: 10. */
  refreshDaysBeforeExpiry?: number | string | undefined
  /** Where events are sent, as the Standard Webhooks specification says (https://www.standardwebhooks.com). Default: nowhere. */
  webhook?: WebhookTarget | undefined
  /** The secret of the Meta app that the Instagram app belongs to, where Meta signs its callbacks with that. Default: none. */
  metaAppSecret?: string | undefined
  /** Origins beside the redirect URI's where people may be sent after a login, such as `https://app.example.com`. Default: none. */
  returnToOrigins?: string | readonly string[] | undefined
  /** Whether mistakes of a first try are refused: http, and secrets that are left out. Default: whether NODE_ENV is `production`. */
  production?: boolean | undefined
  /** Whether a stand-in takes Instagram's place, as `createSandbox` says of itself. Refused in production. Default: no. */
  sandbox?: boolean | undefined
  /** Where to write what happens: a pino logger, `console`, or the like. Default: warnings and errors go to the console. */
  log?: Log | undefined
  /** The clock by which tokens end and logins grow old. Default: the system's. */
  now?: (() => Date) | undefined
  /**
   * Told of everything that happens to accounts, after it was stored. In a process of several, each is told of its own doings only; a
   * webhook is told of all. What it throws or rejects with goes to the log.
   */
  onEvent?: ((event: AccountEvent) => unknown) | undefined
  /**
   * Whether tokens are refreshed, events delivered and old rows swept by themselves, once a minute, until it is closed; that keeps the
   * process alive. Default: yes. Without it, call `upkeep` yourself.
   */
  upkeep?: boolean | undefined
  /** Where a person can connect this account again: goes into events. Default: our page for that, where our pages are mounted; else it is not told. */
  reconnectUrl?: ((account: Account) => string | null) | undefined
}

/** Where events are sent. */
export interface WebhookTarget {
  /** An http or https address. Its query is a secret. */
  url: string | undefined
  /** Sign what is sent, newest first; each written as `whsec_` and base64 of 24 to 64 bytes. At least one. */
  secrets: string | readonly string[] | undefined
}

/** What more there is to set where our pages and our JSON API are shown. Read as {@link AccessOptions} are. */
export interface WebOptions {
  /** Whether the connected person may see the token on the page. Default: yes, in production no. */
  showToken?: boolean | undefined
  /** Keys of the JSON API; each at least 32 characters. Default: none, and no API. */
  apiKeys?: string | readonly string[] | undefined
  /** Opens the pages for whoever runs this site; at least 12 characters. Default: none, and no such pages. */
  adminPassword?: string | undefined
  /** Whether visitors may paste a token that they have already, to be kept alive. Default: no. */
  takesTokens?: boolean | undefined
}
