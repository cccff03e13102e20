import { randomBytes } from 'node:crypto'
import { SCOPES } from './authorizationRequest.ts'
import type { Professional } from './people.ts'

/** How Instagram takes back what a person allowed. */
export type Loss = 'app_removed' | 'password_changed' | 'permission_lost'

/** Who allowed what in one login. The code and every token that came of it share it, and its loss. */
export interface Grant {
  readonly person: Professional
  readonly scopes: readonly string[]
  /** The app that was allowed. */
  readonly clientId: string
  /** Null while it stands. */
  loss: Loss | null
}

interface Code {
  readonly grant: Grant
  readonly redirectUri: string
  readonly expiresAt: Date
  used: boolean
}

/** An access token that the sandbox gave away. */
export interface Token {
  readonly grant: Grant
  readonly longLived: boolean
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/** How long a long-lived token lives: 60 days less the seconds that Meta's own sample lacks. */
export const LONG_LIVED_SECONDS = 5_183_944

const HOUR_MS = 3_600_000

/** The codes and tokens that one sandbox has issued to its app, kept in memory until it closes. */
export class Credentials {
  readonly now: () => Date
  readonly #clientId: string
  readonly #codes = new Map<string, Code>()
  readonly #tokens = new Map<string, Token>()

  constructor(clientId: string, now: () => Date) {
    this.#clientId = clientId
    this.now = now
  }

  /** A login: a code for one exchange within the hour, by the same redirect URI. */
  issueCode(person: Professional, scopes: readonly string[], redirectUri: string): string {
    const code = `AQ${randomBytes(179).toString('base64url')}`
    const expiresAt = new Date(this.now().getTime() + HOUR_MS)
    this.#codes.set(code, { grant: this.#grant(person, scopes), redirectUri, expiresAt, used: false })
    return code
  }

  findCode(code: string): Code | undefined {
    return this.#codes.get(code)
  }

  /** A token for an hour. */
  issueShortLivedToken(grant: Grant): string {
    const issuedAt = this.now()
    const expiresAt = new Date(issuedAt.getTime() + HOUR_MS)
    return this.#keep({ grant, longLived: false, issuedAt, expiresAt })
  }

  /** A token for {@link LONG_LIVED_SECONDS}, counted from `ageMs` ago. */
  issueLongLivedToken(grant: Grant, ageMs = 0): string {
    const issuedAt = new Date(this.now().getTime() - ageMs)
    const expiresAt = new Date(issuedAt.getTime() + LONG_LIVED_SECONDS * 1000)
    return this.#keep({ grant, longLived: true, issuedAt, expiresAt })
  }

  /** A long-lived token with every scope and without a login, as Meta's dashboard hands them out. */
  issueDashboardToken(person: Professional, ageMs = 0): string {
    return this.issueLongLivedToken(this.#grant(person, Object.keys(SCOPES)), ageMs)
  }

  findToken(token: string): Token | undefined {
    return this.#tokens.get(token)
  }

  /** Ends what the person allowed so far; what they allow from now on stands. A worse loss replaces a lost permission. */
  takeBack(person: Professional, loss: Loss): void {
    for (const { grant } of [...this.#codes.values(), ...this.#tokens.values()]) {
      const canBeLost = grant.loss === null || grant.loss === 'permission_lost'
      if (grant.person === person && canBeLost) grant.loss = loss
    }
  }

  /** How many of the person's tokens have not expired and were not made invalid. */
  countLiving(person: Professional): number {
    const now = this.now()
    const living = ({ grant, expiresAt }: Token) =>
      grant.person === person && expiresAt > now && (grant.loss === null || grant.loss === 'permission_lost')
    return [...this.#tokens.values()].filter(living).length
  }

  #grant(person: Professional, scopes: readonly string[]): Grant {
    return { person, scopes, clientId: this.#clientId, loss: null }
  }

  #keep(token: Token): string {
    const text = `IGAA${randomBytes(125).toString('base64url').replaceAll(/[-_]/g, 'Z')}`
    this.#tokens.set(text, token)
    return text
  }
}
