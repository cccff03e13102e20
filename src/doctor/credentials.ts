import { type Line, ok, unknown, wrong } from './line.ts'
import type { Installation } from './installation.ts'

const WHERE =
  'Take it from Meta’s dashboard → Instagram → API setup with Instagram login → 3. Set up Instagram business login → Business login settings'

/** What the form of the app's id and secret tells. It cannot tell Instagram's from Facebook's: they look alike. */
export function checkCredentials({
  sandbox,
  settings: { clientId, clientSecret },
}: Pick<Installation, 'sandbox' | 'settings'>): Line[] {
  if (sandbox)
    return [ok('Credentials', 'None are set, so the sandbox on this machine takes Instagram’s place.')]
  return [
    ...(clientId === undefined ? [] : [idLine(clientId)]),
    ...(clientSecret === undefined ? [] : [secretLine(clientSecret, clientId)]),
  ]
}

function idLine(id: string): Line {
  const name = 'Form of the app ID'
  const fix = `${WHERE} → Instagram app ID.`
  if (!/^\d+$/.test(id))
    return wrong(name, 'INSTAGRAM_CLIENT_ID is not a number, as Meta’s app IDs are.', fix)
  if (/^17841\d{12}$/.test(id))
    return wrong(name, 'INSTAGRAM_CLIENT_ID looks like the ID of an account, not of an app.', fix)
  if (id.length < 13 || id.length > 17)
    return unknown(
      name,
      `INSTAGRAM_CLIENT_ID has ${id.length} digits; Meta’s app IDs mostly have 15 or 16.`,
      fix,
    )
  return ok(name, 'It is a number, as it should be. Facebook’s app ID looks the same: see “App ID” below.')
}

function secretLine(secret: string, id: string | undefined): Line {
  const name = 'Form of the app secret'
  const fix = `${WHERE} → Instagram app secret → Show.`
  if (/^(IGAA|IGQ|EAA)/.test(secret))
    return wrong(name, 'INSTAGRAM_CLIENT_SECRET looks like an access token.', fix)
  if (/^\d+\|/.test(secret))
    return wrong(name, 'INSTAGRAM_CLIENT_SECRET looks like an app access token of Facebook.', fix)
  if (secret === id || /^\d{13,17}$/.test(secret))
    return wrong(name, 'INSTAGRAM_CLIENT_SECRET looks like an app ID.', fix)
  if (!/^[0-9a-f]{32}$/.test(secret))
    return unknown(
      name,
      'INSTAGRAM_CLIENT_SECRET does not look like the secrets that Meta gives: 32 digits and letters from a to f.',
      fix,
    )
  return ok(
    name,
    'It looks like a secret of Meta’s. Facebook’s app secret looks the same: see “App secret” below.',
  )
}
