import type { Request } from 'express'
import type { Account } from './accounts/account.ts'
import type { AccountEvent } from './accounts/events.ts'
import type { Log } from './log.ts'
import type { Hooks } from './web/hooks.ts'

/**
 * Options of `createInstagram`. `undefined`, empty text and empty lists count as left out, so that you can pass environment variables
 * unchanged. A list may also be one text with commas.
 */
export interface InstagramOptions extends Hooks {
  /** The Instagram app ID (not the Facebook app's), from Meta's dashboard → Instagram → API setup with Instagram login. Required. */
  clientId: string | undefined
  /** The Instagram app secret, from the same page. Required. */
  clientSecret: string | undefined
  /**
   * The redirect URI, exactly as registered. Any path, such as `https://example.com/instagram/response`; mount the router at that path
   * without its last segment. https, or http on localhost outside production. Required.
   */
  redirectUri: string | undefined
  /** Requested permissions. Default: `instagram_business_basic`, which Instagram always requires. */
  scopes?: string | readonly string[] | undefined
  /** Where people authorize. Default: `https://www.instagram.com/oauth/authorize`. */
  authorizeUrl?: string | undefined
  /** Where codes are exchanged. Default: `https://api.instagram.com/oauth/access_token`. */
  tokenUrl?: string | undefined
  /** The base URL of all other calls, without a version. Default: `https://graph.instagram.com`. */
  graphUrl?: string | undefined
  /** The API version in the path of `/me`. Default: the latest that this package knows. */
  graphVersion?: string | undefined
  /**
   * The database of the accounts: an SQLite file, created if missing; `file::memory:`, lost on exit; or
   * `postgres://user:password@host:5432/database`, for several machines. One Instagram app per database. Default:
   * `file:./data/accounts.db`.
   */
  databaseUrl?: string | undefined
  /**
   * Secrets that sign logins and cookies, newest first, at least 32 characters each. The first is used for new data; all are accepted
   * for existing data. Required in production. Default elsewhere: one is generated and stored next to the database.
   */
  sessionSecrets?: string | readonly string[] | undefined
  /**
   * Keys that encrypt tokens in the database, newest first, each written as `id:base64 of 32 bytes`. Back them up: without its key a token
   * cannot be decrypted. Required in production. Default elsewhere: one is generated and stored next to the database.
   */
  tokenKeys?: string | readonly string[] | undefined
  /**
   * Proxies for outgoing calls, in the format of the environment variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY, which are not read
   * automatically. Without `httpsProxy`, https uses `httpProxy` too. Calls to this machine never use a proxy. Default: none.
   */
  httpsProxy?: string | undefined
  httpProxy?: string | undefined
  noProxy?: string | undefined
  /** From how many days before expiry a token is refreshed, 1 to 50. Default: 10. */
  refreshDaysBeforeExpiry?: number | string | undefined
  /** Where events are sent, as Standard Webhooks. Default: nowhere. @see https://www.standardwebhooks.com */
  webhook?: WebhookTarget | undefined
  /** The secret of the Meta app, needed only if Meta signs its callbacks with it. Default: none. */
  metaAppSecret?: string | undefined
  /** Further origins that people may return to after a login, such as `https://app.example.com`. Default: the redirect URI's only. */
  returnToOrigins?: string | readonly string[] | undefined
  /** In production, http redirect URIs, missing secrets and the sandbox are rejected. Default: whether NODE_ENV is `production`. */
  production?: boolean | undefined
  /** Whether the sandbox replaces Instagram (`createSandbox` sets it). Rejected in production. Default: no. */
  sandbox?: boolean | undefined
  /** Your logger: a pino logger, `console` or the like. Default: warnings and errors go to the console. */
  log?: Log | undefined
  /** The clock for logins and tokens. Default: the system's. */
  now?: (() => Date) | undefined
  /**
   * Called after each stored change of an account, in the process that made it. A webhook receives the changes of all processes. Errors are
   * logged.
   */
  onEvent?: ((event: AccountEvent) => unknown) | undefined
  /**
   * Whether tokens are refreshed, events delivered and old rows deleted once a minute, until `close()`; this keeps the process alive.
   * Default: yes. Otherwise call `runJobs`.
   */
  jobs?: boolean | undefined
  /**
   * The signed-in user of your app, such as a user ID. If another user finishes the login, it is refused (`user_changed`), so that no
   * account is connected to the wrong user. Not for apps that use this login to sign people in. Default: logins belong to the browser
   * only.
   */
  bindTo?: ((request: Request) => string | undefined) | undefined
  /** Where a person can reconnect this account; part of events. `null`: nowhere. Default: this package's start page. */
  reconnectUrl?: ((account: Account) => string | null) | undefined
  /** Whether the connected person may see the token on the page. Default: yes, in production no. */
  showToken?: boolean | undefined
  /** Keys of the JSON API, at least 32 characters each. Default: none; the API is off. */
  apiKeys?: string | readonly string[] | undefined
  /** Password of the admin pages, at least 12 characters. Default: none; the pages are off. */
  adminPassword?: string | undefined
  /** Whether visitors may add a token that they already have. Default: no. */
  takesTokens?: boolean | undefined
  /**
   * Usernames or IDs of the accounts that may connect. Others get `account_not_allowed`, and nothing is stored about them. Usernames can
   * change owners, IDs cannot. Default: all accounts.
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
   * Whether disconnecting also revokes access on Instagram, within three seconds. The local data is deleted in any case.
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
