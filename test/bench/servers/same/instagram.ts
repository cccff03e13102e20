import { request } from 'undici'
import { exchangeForm, profileUrl, settings } from '../settings.ts'

/** The answer to `GET /me`. */
export interface Profile {
  id: string
  user_id: string
  username: string
  name?: string
  account_type?: string
  profile_picture_url?: string
}

/** A long-lived token. `expiresAt`: milliseconds. */
export interface Token {
  value: string
  expiresAt: number
}

/** Exchanges a code for a short-lived token. */
export async function exchangeCode(code: string, redirectUri: string): Promise<string> {
  const { access_token } = await call<{ access_token: string }>(settings.tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: exchangeForm(code, redirectUri).toString(),
  })
  return access_token
}

/** The profile and the long-lived token for a short-lived token: two calls at the same time. */
export async function fetchAccount(shortLivedToken: string): Promise<{ profile: Profile; token: Token }> {
  const query = new URLSearchParams({
    grant_type: 'ig_exchange_token',
    client_secret: settings.clientSecret,
    access_token: shortLivedToken,
  })
  const [profile, { access_token: value, expires_in }] = await Promise.all([
    call<Profile>(profileUrl(shortLivedToken)),
    call<{ access_token: string; expires_in: number }>(`${settings.longLivedUrl}?${query.toString()}`),
  ])
  return { profile, token: { value, expiresAt: Date.now() + expires_in * 1000 } }
}

async function call<Answer>(url: string, options?: Parameters<typeof request>[1]): Promise<Answer> {
  const { statusCode, body } = await request(url, options)
  if (statusCode !== 200) throw new Error(`Instagram answered ${statusCode}: ${await body.text()}`)
  return (await body.json()) as Answer
}
