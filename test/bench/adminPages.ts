import { ADMIN_PASSWORD } from './contestants.ts'
import { type Connection, Visitor } from './visitor.ts'

/**
 * Signs in as admin.
 *
 * @throws Error if the app refuses
 */
export async function signInAdmin(connection: Connection): Promise<Visitor> {
  const admin = new Visitor(connection)
  const { status } = await admin.post('/accounts/sign-in', new URLSearchParams({ password: ADMIN_PASSWORD }))
  if (status >= 400) throw new Error(`Signing in as admin failed with ${status}`)
  return admin
}

/**
 * Opens the first page of the list of accounts.
 *
 * @throws Error unless it shows accounts
 */
export async function openList(admin: Visitor): Promise<void> {
  await open(admin, '/accounts', /@(?:filled|person)\.\d+\b/)
}

/**
 * Searches for a filled account by its username.
 *
 * @throws Error unless the page shows it
 */
export async function search(admin: Visitor, account: number): Promise<void> {
  await open(admin, `/accounts?search=filled.${account}`, new RegExp(`@filled\\.${account}\\b`))
}

async function open(admin: Visitor, path: string, expected: RegExp): Promise<void> {
  const { status, text } = await admin.get(path)
  if (status !== 200 || !expected.test(text)) throw new Error(`${path} came as ${status}: ${text.slice(0, 300)}`)
}
