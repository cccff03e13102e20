import type { TokenKey } from '../accounts/keyRing.ts'
import type { InstagramSettings } from '../instagram/client.ts'

/** Everything that can be set wherever the app runs, checked: from the environment, or from a host's options. */
export interface Settings {
  production: boolean
  instagram: InstagramSettings
  /** Whether a stand-in takes Instagram's place: every page says so. */
  sandbox: boolean
  databaseUrl: string
  /** Newest first. Empty, outside production only: made and kept in the data folder. */
  sessionSecrets: readonly string[]
  /** Newest first. Empty, outside production only: made and kept in the data folder. */
  tokenKeys: readonly TokenKey[]
  /** Days before its end from which a token is refreshed. */
  refreshDaysBeforeExpiry: number
  /** Of the Meta app that the Instagram app belongs to, where Meta signs its callbacks with that; none or one. */
  metaAppSecrets: readonly string[]
  /** Where events go. */
  webhook: { url: string; secrets: readonly Buffer[] } | undefined
  /** Where people may be sent after a login, beside our own origin. */
  returnToOrigins: readonly string[]
  /** Whether the connected person may see the token on the page. */
  showToken: boolean
  /** Of the JSON API; none: it is not there. */
  apiKeys: readonly string[]
  /** Of whoever runs this site; `undefined`: there are no pages for them. */
  adminPassword: string | undefined
  /** Whether visitors may paste a token that they have already. */
  takesTokens: boolean
}
