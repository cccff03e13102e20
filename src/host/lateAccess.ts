import type { InstagramAccess } from './access.ts'
import type { BeginLogin, BegunLogin } from '../login/logins.ts'

/** {@link InstagramAccess} to what may not be open yet: whatever is asked for waits until it is. */
export interface LateAccess extends Omit<
  InstagramAccess,
  'beginLogin' | 'close' | typeof Symbol.asyncDispose
> {
  /**
   * Begins a login of which you show the link yourself: send the person to its `url`, and keep its `browser` with them. It ends at
   * `finishLogin`, not on our pages: those know the browsers that began there, at `login` under the mount.
   *
   * @throws {Refusal} `return_to_foreign`: `returnTo` leads elsewhere
   */
  beginLogin(login?: BeginLogin): Promise<BegunLogin>
}

/** Access as soon as `opened` gives it. */
export function lateAccess(opened: () => Promise<InstagramAccess>): LateAccess {
  return {
    beginLogin: async (login) => (await opened()).beginLogin(login),
    finishLogin: async (login) => (await opened()).finishLogin(login),
    accounts: {
      list: async (query) => (await opened()).accounts.list(query),
      find: async (id) => (await opened()).accounts.find(id),
      token: async (id) => (await opened()).accounts.token(id),
      refresh: async (id) => (await opened()).accounts.refresh(id),
      disconnect: async (id) => (await opened()).accounts.disconnect(id),
      importToken: async (token) => (await opened()).accounts.importToken(token),
    },
    withdrawals: {
      deauthorize: async (id, askedAt) => (await opened()).withdrawals.deauthorize(id, askedAt),
      erase: async (id, askedAt) => (await opened()).withdrawals.erase(id, askedAt),
      findDeletion: async (code) => (await opened()).withdrawals.findDeletion(code),
    },
    upkeep: async () => (await opened()).upkeep(),
  }
}
