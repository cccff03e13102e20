import type { Request } from 'express'
import type { Account } from './accounts/account.ts'
import type { AccountEvent } from './accounts/events.ts'
import type { Log } from './log.ts'
import type { Hooks } from './web/hooks.ts'

/**
 * Options of `createInstagram`. `undefined`, empty text and an empty list count as left out, so that environment variables can be passed
 * as they are. A list may also be one text with commas.
 */
export interface InstagramOptions extends Hooks {
  /** The Instagram app ID (not the Facebook app's), from Meta's dashboard → Instagram → API setup with Instagram login. Required. */
  clientId: string | undefined
  /** The Instagram app secret that goes with it. Required. */
  clientSecret: string | undefined
  /**
   * Where Instagram sends people back, exactly as registered. Any path, such as `https://example.com/instagram/response`; the router is
   * mounted at that path without its last segment. https, or http on localhost outside production. Required.
   */
  redirectUri: string | undefined
  /** Requested permissions. Default: `instagram_business_basic`, without which nothing is granted. */
  scopes?: string | readonly string[] | undefined
  /** Where people authorize. Default: `https://www.instagram.com/oauth/authorize`. */
  authorizeUrl?: string | undefined
  /** Where codes are exchanged. Default: `https://api.instagram.com/oauth/access_token`. */
  tokenUrl?: string | undefined
  /** The rest of Instagram's API, without a version. Default: `https://graph.instagram.com`. */
  graphUrl?: string | undefined
  /** The version in the path of `/me`. Default: the newest that this package knows. */
  graphVersion?: string | undefined
  /**
   * The database of the accounts: an SQLite file, created if missing; `file::memory:`, lost at the end; or
   * `postgres://user:password@host:5432/database`, for several machines. One Instagram app per database. Default:
   * `file:./data/accounts.db`.
   */
  databaseUrl?: string | undefined
  /**
   * Secrets that sign logins and our cookies, newest first, at least 32 characters each. The first is used for new data; all are accepted
   * for existing data. Required in production. Default elsewhere: one is generated and stored beside the database.
   */
  sessionSecrets?: string | readonly string[] | undefined
  /**
   * Keys that encrypt tokens in the database, newest first, each written as `id:base64 of 32 bytes`. Keep them: without its key a token
   * cannot be read. Required in production. Default elsewhere: one is generated and stored beside the database.
   */
  tokenKeys?: string | readonly string[] | undefined
  /**
   * The proxies of outgoing calls, in the form of the environment variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY, which are not read by
   * themselves. Without `httpsProxy`, https uses `httpProxy` too. This machine is always reached directly. Default: none.
   */
  httpsProxy?: string | undefined
  httpProxy?: string | undefined
  noProxy?: string | undefined
  /** Days before its expiry from which a token is refreshed, 1 to 50. Default: 10. */
  refreshDaysBeforeExpiry?: number | string | undefined
  /** Where events are sent, by the Standard Webhooks specification. Default: nowhere. @see https://www.standardwebhooks.com */
  webhook?: WebhookTarget | undefined
  /** The secret of the Meta app that the Instagram app belongs to, if Meta signs its callbacks with that. Default: none. */
  metaAppSecret?: string | undefined
  /** Origins, beside the redirect URI's, where people may be sent after a login, such as `https://app.example.com`. Default: none. */
  returnToOrigins?: string | readonly string[] | undefined
  /** In production, http redirect URIs, missing secrets and the sandbox are rejected. Default: whether NODE_ENV is `production`. */
  production?: boolean | undefined
  /** Whether the sandbox takes Instagram's place (`createSandbox` sets it). Rejected in production. Default: no. */
  sandbox?: boolean | undefined
  /** Your logger: a pino logger, `console` or the like. Default: warnings and errors go to the console. */
  log?: Log | undefined
  /** The clock for logins and tokens. Default: the system's. */
  now?: (() => Date) | undefined
  /**
   * Called after each change of an account was stored, in the process that made it; a webhook hears of the changes of all processes.
   * Errors go to the log.
   */
  onEvent?: ((event: AccountEvent) => unknown) | undefined
  /**
   * Whether tokens are refreshed, events delivered and old rows deleted once a minute, until `close()`; this keeps the process alive.
   * Default: yes. Otherwise call `runJobs`.
   */
  jobs?: boolean | undefined
  /**
   * Who is signed in at your app, such as the ID of your user. A login that one user began and another one ends is refused
   * (`user_changed`), so that nobody's account is connected to somebody else. Not for apps where the login itself signs people in. Default:
   * logins belong to the browser only.
   */
  bindTo?: ((request: Request) => string | undefined) | undefined
  /** Where a person can connect this account again; goes into events. `null`: nowhere. Default: our own page for that. */
  reconnectUrl?: ((account: Account) => string | null) | undefined
  /** Whether the connected person may see the token on the page. Default: yes, in production no. */
  showToken?: boolean | undefined
  /** Keys of the JSON API, at least 32 characters each. Default: none, and no API. */
  apiKeys?: string | readonly string[] | undefined
  /** Password of the admin pages, at least 12 characters. Default: none, and no admin pages. */
  adminPassword?: string | undefined
  /** Whether visitors may paste a token that they have already, to be refreshed. Default: no. */
  takesTokens?: boolean | undefined
  /**
   * User names or ids of the accounts that may connect. Others get `account_not_allowed`, and nothing of them is stored. Names can change
   * hands, ids cannot. Default: all accounts.
   */
  allowedAccounts?: string | readonly string[] | undefined
  /** What people call your site: in the header, in titles and on error pages. At most 60 characters. Default: no name. */
  siteName?: string | undefined
  /**
   * The picture in the header, beside the name at 32 × 32 pixels, or without a name at most 192 × 32: an https URL, which is added to the
   * pages' Content Security Policy, or a path on the same origin. Default: none.
   */
  siteLogo?: string | undefined
  /** Where people get help: an email address, an http(s) URL, or a path on the same origin. Default: none. */
  supportUrl?: string | undefined
  /** Your privacy policy: an http(s) URL, or a path on the same origin. Default: none. */
  privacyUrl?: string | undefined
  /**
   * Whether a disconnect asks Instagram to revoke the access, too, for at most three seconds. The local data is deleted in any case.
   * Default: yes.
   */
  revokeOnDisconnect?: boolean | undefined
}

/** Where events are sent. */
export interface WebhookTarget {
  /** An http or https address. Its query is treated as a secret. */
  url: string | undefined
  /** Signing secrets, newest first; each written as `whsec_` and base64 of 24 to 64 bytes. At least one. */
  secrets: string | readonly string[] | undefined
}
