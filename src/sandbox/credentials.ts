import { randomBytes } from 'node:crypto'
import type { Person, Profile } from './people.ts'

/** A person who may authorize the app. */
export type Professional = Person & { profile: Profile }

/** Who allowed what. */
export interface Grant {
  person: Professional
  scopes: readonly string[]
}

interface Code extends Grant {
  redirectUri: string
  expiresAt: Date
  used: boolean
}

/** An access token that the sandbox gave away. */
export interface Token extends Grant {
  longLived: boolean
  issuedAt: Date
  expiresAt: Date
}

/** How long a long-lived token lives: 60 days less the seconds that Meta's own sample lacks. */
export const LONG_LIVED_SECONDS = 5_183_944

const HOUR_MS = 3_600_000

/** The codes and tokens that one sandbox has issued, kept in memory until it closes. */
export class Credentials {
  readonly now: () => Date
  readonly #codes = new Map<string, Code>()
  readonly #tokens = new Map<string, Token>()

  constructor(now: () => Date) {
    this.now = now
  }

  /** A code for one exchange within the hour, by the same redirect URI. */
  issueCode(grant: Grant, redirectUri: string): string {
    const code = `AQ${randomBytes(179).toString('base64url')}`
    const expiresAt = new Date(this.now().getTime() + HOUR_MS)
    this.#codes.set(code, { ...grant, redirectUri, expiresAt, used: false })
    return code
  }

  findCode(code: string): Code | undefined {
    return this.#codes.get(code)
  }

  /** A token for an hour. */
  issueShortLivedToken(grant: Grant): string {
    return this.#issueToken(grant, false, HOUR_MS)
  }

  /** A token for {@link LONG_LIVED_SECONDS}. */
  issueLongLivedToken(grant: Grant): string {
    return this.#issueToken(grant, true, LONG_LIVED_SECONDS * 1000)
  }

  findToken(token: string): Token | undefined {
    return this.#tokens.get(token)
  }

  #issueToken({ person, scopes }: Grant, longLived: boolean, lifetimeMs: number): string {
    const token = `IGAA${randomBytes(125).toString('base64url').replaceAll(/[-_]/g, 'Z')}`
    const issuedAt = this.now()
    const expiresAt = new Date(issuedAt.getTime() + lifetimeMs)
    this.#tokens.set(token, { person, scopes, longLived, issuedAt, expiresAt })
    return token
  }
}
