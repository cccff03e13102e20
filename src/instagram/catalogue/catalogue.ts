import { app } from './app.ts'
import { authorizing } from './authorizing.ts'
import { exchanging } from './exchanging.ts'
import { limits } from './limits.ts'
import { links } from './links.ts'
import { lostTokens } from './lostTokens.ts'
import { misusedTokens } from './misusedTokens.ts'
import { outages } from './outages.ts'
import type { Entry } from './entry.ts'

const entries = {
  ...authorizing,
  ...links,
  ...exchanging,
  ...app,
  ...lostTokens,
  ...misusedTokens,
  ...limits,
  ...outages,
} satisfies Record<string, Entry>

/** The name of a failure of Instagram's: in the log, in addresses of help, in the database. */
export type FailureName = keyof typeof entries

/** Every failure of Instagram's that is known: what it means, whose it is, what mends it, and how it is recognised. */
export const catalogue: Readonly<Record<FailureName, Entry>> = entries
