import { accountId } from './accountIds.ts'
import { API_KEY } from './contestants.ts'
import { longLivedToken } from './stub/tokens.ts'
import type { Connection } from './visitor.ts'

/**
 * Asks for the token of a filled account, as a program does.
 *
 * @throws Error unless it is this account's
 */
export async function readToken({ pool, host }: Connection, account: number): Promise<void> {
  const { statusCode, body } = await pool.request({
    method: 'GET',
    path: `/api/accounts/${accountId(account)}/token`,
    headers: { host, accept: 'application/json', authorization: `Bearer ${API_KEY}` },
  })
  const text = await body.text()
  if (statusCode !== 200 || !text.includes(`"${longLivedToken(account)}"`))
    throw new Error(`The token of account ${account} came as ${statusCode}: ${text.slice(0, 300)}`)
}
