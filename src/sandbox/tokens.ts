import { randomBytes } from 'node:crypto'
import { CODE_LIFETIME_MS, SCOPES, SHORT_LIVED_SECONDS } from '../facts.ts'
import type { Professional } from './testUsers.ts'

/** The app that is registered in a sandbox. */
export interface RegisteredApp {
  clientId: string
  clientSecret: string
  /** Compared character by character, as Instagram does. */
  redirectUris: readonly string[]
  /** Called when a person removes the app. Default: no call. */
  deauthorizeUrl?: string
  /** Called when a person asks for the deletion of their data. Default: no call. */
  dataDeletionUrl?: string
  /** The app's own certificate (PEM), to be trusted in these calls. */
  certificate?: string
}

/** Where the app's router is mounted. */
export function homeOf({ redirectUris: [first = ''] }: RegisteredApp): string {
  return first.replace(/[^/]*\/?$/, '')
}

/** Why the tokens of a person are no longer accepted. */
export type Loss = 'app_removed' | 'password_changed' | 'permission_lost'

/** What a person allowed in one login. The code and every token of that login share it, and its loss. */
export interface Grant {
  readonly user: Professional
  readonly scopes: readonly string[]
  /** Null while the grant is good. */
  loss: Loss | null
}

interface Code {
  readonly grant: Grant
  readonly redirectUri: string
  readonly expiresAt: Date
  used: boolean
}

/** An access token that the sandbox has issued. */
export interface Token {
  readonly grant: Grant
  readonly longLived: boolean
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/** Lifetime of a long-lived token: a little less than 60 days, as in Meta's own sample response. */
export const LONG_LIVED_SECONDS = 5_183_944

/** The codes and tokens that one sandbox has issued to its app, kept in memory until it closes. */
export class Tokens {
  readonly now: () => Date
  readonly #codes = new Map<string, Code>()
  readonly #tokens = new Map<string, Token>()

  constructor(now: () => Date) {
    this.now = now
  }

  /** Issues a code for one exchange within the hour, with the same redirect URI. */
  issueCode(user: Professional, scopes: readonly string[], redirectUri: string): string {
    const code = `AQ${randomBytes(179).toString('base64url')}`
    const expiresAt = new Date(this.now().getTime() + CODE_LIFETIME_MS)
    this.#codes.set(code, { grant: { user, scopes, loss: null }, redirectUri, expiresAt, used: false })
    return code
  }

  findCode(code: string): Code | undefined {
    return this.#codes.get(code)
  }

  issueShortLivedToken(grant: Grant): string {
    return this.#issue(grant, false, this.now(), SHORT_LIVED_SECONDS)
  }

  /** `ageMs`: how long ago the token counts as issued. */
  issueLongLivedToken(grant: Grant, ageMs = 0): string {
    return this.#issue(grant, true, new Date(this.now().getTime() - ageMs), LONG_LIVED_SECONDS)
  }

  /** Issues a long-lived token with every scope and without a login, as Meta's dashboard does. */
  issueDashboardToken(user: Professional, ageMs = 0): string {
    return this.issueLongLivedToken({ user, scopes: SCOPES, loss: null }, ageMs)
  }

  findToken(token: string): Token | undefined {
    return this.#tokens.get(token)
  }

  /** Ends all grants of the user so far; later ones are good. A worse loss replaces a lost permission. */
  revoke(user: Professional, loss: Loss): void {
    for (const { grant } of [...this.#codes.values(), ...this.#tokens.values()])
      if (grant.user === user && isUsable(grant)) grant.loss = loss
  }

  /** How many tokens of the user are neither expired nor revoked. */
  countLiving(user: Professional): number {
    const now = this.now()
    return [...this.#tokens.values()].filter(
      ({ grant, expiresAt }) => grant.user === user && expiresAt > now && isUsable(grant),
    ).length
  }

  #issue(grant: Grant, longLived: boolean, issuedAt: Date, seconds: number): string {
    const text = `IGAA${randomBytes(125).toString('base64url').replaceAll(/[-_]/g, 'Z')}`
    const expiresAt = new Date(issuedAt.getTime() + seconds * 1000)
    this.#tokens.set(text, { grant, longLived, issuedAt, expiresAt })
    return text
  }
}

function isUsable({ loss }: Grant): boolean {
  return loss === null || loss === 'permission_lost'
}
