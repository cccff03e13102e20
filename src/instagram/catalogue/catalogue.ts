import { authorizing } from './authorizing.ts'
import type { Entry } from './entry.ts'
import { exchanging } from './exchanging.ts'
import { limits } from './limits.ts'
import { tokens } from './tokens.ts'

const entries = { ...authorizing, ...exchanging, ...tokens, ...limits } satisfies Record<string, Entry>

/** The name of a failure of Instagram's: in the log, in addresses of help, in the database. */
export type FailureName = keyof typeof entries

/** Every failure of Instagram's that is known: what it means, whose it is, what mends it, and how it is recognised. */
export const catalogue: Readonly<Record<FailureName, Entry>> = entries
