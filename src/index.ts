/** The public API of the package. */

import { type Explained, explain as explainWith } from './errors/explain.ts'
import { OPTION_NAMES } from './errors/settingNames.ts'

export { createInstagram } from './createInstagram.ts'
export type { AccountList, Instagram, InstagramAccounts, ListQuery } from './createInstagram.ts'
export type { InstagramOptions } from './options.ts'
export type { Log } from './log.ts'

export type { Account, AccountStatus, StatusReason } from './accounts/account.ts'
export type { DataDeletion, Deletion } from './accounts/dataDeletion.ts'
export type { AccountEvent, EventType } from './accounts/events.ts'
export type { RefreshOutcome, RefreshResult } from './accounts/refresher.ts'
export { NoValidTokenError, type TokenLoss, type ValidToken } from './accounts/tokens.ts'
export type { BeginLogin, BegunLogin, FinishedLogin, FinishLogin } from './login/login.ts'

export type { ConnectedLogin, Hooks, Page, ViewLocals, ViewName } from './web/hooks.ts'

export { ConfigError } from './config.ts'
export { AppError, InstagramError, isAppError } from './errors/errors.ts'
export type { ErrorCode } from './errors/catalogue.ts'
export type { Explained } from './errors/explain.ts'

export { verifySignedRequest, type SignedRequest } from './instagram/signedRequest.ts'

export { createSandbox, type CreateSandboxOptions, type InstagramSandbox } from './createSandbox.ts'
export type { Decision } from './sandbox/decide.ts'
export type { Dialect } from './sandbox/exchange.ts'
export type { FaultName } from './sandbox/faults/fault.ts'
export type { FaultSelector } from './sandbox/faults/faults.ts'
export type { NoticeAnswer } from './sandbox/metaCallbacks.ts'
export type { TestUser, TestUserKey } from './sandbox/testUsers.ts'

/**
 * What an error means, who can fix it, and how.
 *
 * @param what An error that this package threw; another error with Instagram's message in its own; the code of an error; a text that
 *   somebody saw or pasted: the address or the words of Instagram's error page, a log line, a browser's message; or Instagram's response in JSON, as text or parsed.
 * @returns Always an explanation: `unknown_message` for texts without a match, and `internal` for unexpected errors.
 */
export const explain = (what: unknown): Explained => explainWith(what, OPTION_NAMES)
