import type { Response } from 'express'
import type { Explanation } from '../instagram/catalogue/entry.ts'
import type { Failure } from '../login/failures.ts'
import type { AccountView } from './accountView.ts'
import type { HelpEntry, HelpGroup } from './helpView.ts'
import type { AccountsView } from './operator/accountsView.ts'
import type { Moment } from './moment.ts'
import type { SetupView } from './setupView.ts'

/** Each view with all that it uses; `app.locals` adds what every page has ({@link PageLocals}). */
interface Views {
  index: { getStarted: string; reconnect: string | null }
  response: { account: AccountView; connectAnother: string; justConnected: boolean }
  auth_error: Explanation & {
    name: Failure
    reference: string | null
    /** Whether the operator's part is shown too. */
    forOperator: boolean
    /** What Instagram said, as names and values; for the operator. */
    said: readonly (readonly [name: string, value: string])[] | null
  }
  help: { groups: readonly HelpGroup[] }
  /** `pasted`: as the answer to what somebody pasted. `reference`: of that, where nothing is known. */
  help_entry: { entry: HelpEntry; pasted: boolean; reference: string | null }
  data_deletion: Record<string, never>
  deletion: { confirmationCode: string; asked: Moment; done: Moment }
  setup: SetupView
  sign_in: { refused: 'wrong' | 'too_many' | null }
  accounts: AccountsView
  disconnect: { id: string; title: string; query: string }
}

/** What every page has, set once for the app. */
export interface PageLocals {
  /** The address of the stand-in for Instagram, where there is one: every page says so. */
  sandbox: string | null
}

/** Renders a view with all that it uses, as the whole answer. */
export function show<View extends keyof Views>(response: Response, view: View, locals: Views[View]): void {
  response.render(view, locals)
}
