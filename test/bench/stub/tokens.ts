/** The Instagram app that every contestant is. */
export const APP = {
  clientId: '990602627938098',
  clientSecret: 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46',
  scope: 'instagram_business_basic',
}

/** What Instagram's address ends in, for each of its calls. */
export const PATHS = {
  authorize: '/oauth/authorize',
  token: '/oauth/access_token',
  graphVersion: 'v26.0',
}

// As long as real ones are.
const SHORT_LIVED = `IGAA${'S'.repeat(150)}`
const LONG_LIVED = `IGAA${'L'.repeat(160)}`

/** The code of login number `login`, as long as real ones are. */
export const codeOf = (login: number) => `AQ${'C'.repeat(220)}${login}`

/** The token that is given for that code. */
export const shortLivedToken = (login: number) => SHORT_LIVED + String(login)

/** The token of 60 days that is given for that one. */
export const longLivedToken = (login: number) => LONG_LIVED + String(login)

/** Which login a code or token belongs to; `undefined` for what nobody was given. */
export function loginOf(given: string): string | undefined {
  return /^(?:AQC{220}|IGAAS{150}|IGAAL{160})(\d+)$/.exec(given)?.[1]
}
