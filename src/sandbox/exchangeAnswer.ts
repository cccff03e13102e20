import { randomBytes } from 'node:crypto'
import type { Professional } from './people.ts'

/** How a successful code exchange is spelled. */
export interface Dialect {
  /** `flat` is what is really sent; `data` (`{"data": [{…}]}`) what Meta's page prints. */
  envelope: 'flat' | 'data'
  /** A list, or one string with commas. */
  permissions: 'array' | 'string'
  /** A bare number past 2^53, or a string. */
  userId: 'number' | 'string'
  /** `classic` is the answer of 2010 to 2020, with a `user` object; the other choices do not apply to it. */
  generation: 'current' | 'classic'
}

/** What Instagram really sends. */
export const SPOKEN_TODAY: Dialect = {
  envelope: 'flat',
  permissions: 'array',
  userId: 'number',
  generation: 'current',
}

/**
 * The JSON text of a successful exchange: no `token_type`, no `expires_in`.
 * Text and not an object, because the bare id is a number that JavaScript cannot hold.
 */
export function currentAnswer(
  token: string,
  person: Professional,
  scopes: readonly string[],
  dialect: Dialect,
): string {
  const { id } = person.profile
  const userId = dialect.userId === 'number' ? id : JSON.stringify(id)
  const permissions = JSON.stringify(dialect.permissions === 'array' ? scopes : scopes.join(','))
  const flat = `{"access_token": ${JSON.stringify(token)}, "user_id": ${userId}, "permissions": ${permissions}}`
  return dialect.envelope === 'flat' ? flat : `{"data": [${flat}]}`
}

/** The JSON text of a successful exchange under the API of 2010 to 2020. Its token never expires. */
export function classicAnswer(person: Professional, pictureUrl: string): string {
  const { classicId, biography, website } = person.profile
  return JSON.stringify({
    access_token: `${classicId}.c59cb53.${randomBytes(16).toString('hex')}`,
    user: {
      username: person.username,
      bio: biography,
      website,
      profile_picture: pictureUrl,
      full_name: person.name,
      id: classicId,
    },
  })
}
