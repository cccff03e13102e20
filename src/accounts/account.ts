import type { TokenKind } from '../instagram/token.ts'
import type { AccountStatus, StatusReason } from './status.ts'

/** A connected Instagram account, without its token. */
export interface Account {
  /** Ours; never changes, whatever Instagram tells later of the ids. */
  key: string
  /** The app-scoped id. Until `/me` was read: the id that came with the token, which may be either. */
  id: string
  /** The professional account's id, which webhooks of Meta's use; `null`: Instagram has not told it yet. */
  userId: string | null
  /** Without the `@`; `null`: Instagram has not told it. People can change it. */
  username: string | null
  /** As it stands on the profile; `null`: there is none. */
  name: string | null
  /** As Instagram spells it: `BUSINESS`, `MEDIA_CREATOR`, …; `null`: it has not told. */
  accountType: string | null
  /** The address of the profile picture at Instagram, which ends after some days; `null`: there is none. */
  pictureUrl: string | null
  /** When the profile was read last; `null`: Instagram has not told yet who this is. */
  profileReadAt: Date | null
  /** The scopes that the person granted; `null` when Instagram did not say. */
  permissions: readonly string[] | null
  /** The scopes that we asked for. */
  askedScopes: readonly string[]
  /** What the token is, and so whether it is refreshed. */
  tokenKind: TokenKind
  /** When Instagram gave the token that we have now. */
  tokenObtainedAt: Date
  /** When that token ends; `null`: it has no end. */
  tokenExpiresAt: Date | null
  /** When it was first connected. */
  connectedAt: Date
  /** How it is doing. */
  status: AccountStatus
  /** Since when it is doing so. */
  statusSince: Date
  /** Why it is not `ok`; `null` where it is, or nobody knows. */
  statusReason: StatusReason | null
  /** When something is to be done next about the token; `null`: nothing is. */
  dueAt: Date | null
  /** How often that has failed in a row; 0 after a success. */
  failedTries: number
}
