import type { TokenKind } from '../instagram/token.ts'
import type { AccountStatus, StatusReason } from './status.ts'

/** A connected Instagram account, without its token. */
export interface Account {
  /** Ours; never changes, whatever Instagram tells later of the ids. */
  key: string
  /** The app-scoped id. Until `/me` was read: the id that came with the token, which may be either. */
  id: string
  /** The professional account's id. */
  userId: string | null
  username: string | null
  name: string | null
  /** As Instagram spells it: `BUSINESS`, `MEDIA_CREATOR`, … */
  accountType: string | null
  pictureUrl: string | null
  /** `null`: Instagram has not told yet who this is. */
  profileReadAt: Date | null
  /** The scopes that the person granted; `null` when Instagram did not say. */
  permissions: readonly string[] | null
  /** The scopes that we asked for. */
  askedScopes: readonly string[]
  tokenKind: TokenKind
  tokenObtainedAt: Date
  /** `null`: the token has no end. */
  tokenExpiresAt: Date | null
  /** When it was first connected. */
  connectedAt: Date
  status: AccountStatus
  statusSince: Date
  statusReason: StatusReason | null
  /** When something is to be done next about the token; `null`: nothing is. */
  dueAt: Date | null
  /** How often that has failed in a row. */
  failedTries: number
}
