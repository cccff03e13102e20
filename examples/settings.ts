import { createSandbox, type InstagramOptions } from 'instagram-access-token'

/** The port of every example. */
export const port = Number(process.env['PORT'] ?? 3000)

/**
 * Your Instagram app from the environment; without one, a sandbox.
 *
 * @param callback The path where Instagram sends people back to.
 */
export async function settings(callback = '/instagram/response'): Promise<InstagramOptions> {
  const { INSTAGRAM_CLIENT_ID, INSTAGRAM_CLIENT_SECRET, INSTAGRAM_REDIRECT_URI } = process.env
  const { DATABASE_URL, SESSION_SECRETS, TOKEN_KEYS } = process.env
  if (!INSTAGRAM_CLIENT_ID) {
    const sandbox = await createSandbox({ redirectUri: `http://localhost:${port}${callback}` })
    console.log(`A sandbox stands in for Instagram: ${sandbox.origin}`)
    return sandbox.options
  }
  return {
    clientId: INSTAGRAM_CLIENT_ID,
    clientSecret: INSTAGRAM_CLIENT_SECRET,
    redirectUri: INSTAGRAM_REDIRECT_URI,
    databaseUrl: DATABASE_URL,
    sessionSecrets: SESSION_SECRETS,
    tokenKeys: TOKEN_KEYS,
  }
}
