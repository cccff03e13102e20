import { Router } from 'express'
import type { Credentials } from './credentials.ts'
import { authenticate, mustBeGet, mustLive } from './graphToken.ts'
import type { Professional } from './people.ts'
import { pictureUrl } from './picture.ts'
import { queryOf } from './received.ts'
import { GraphRefusal } from './refusals.ts'

/** Graph versions before it are no longer served. */
const OLDEST_VERSION = 22

/** `/v{N}.{M}/me`: the asked fields, and `id` always. */
export function profileRouter(origin: string, credentials: Credentials): Router {
  const router = Router()

  router.all('/:version/me', (req, res) => {
    mustBeGet(req)
    if (!isServed(req.params.version)) throw unknownPath(req.path)
    const token = authenticate(req, credentials)
    mustLive(token, credentials.now())
    const asked = (queryOf(req).get('fields') ?? '').split(',').filter((field) => field !== '')
    res.json(select(fieldsOf(origin, token.grant.person), [...new Set([...asked, 'id'])], 'IGUser'))
  })

  router.all(/^\/(me|v\d.*)$/, (req) => {
    throw unknownPath(req.path)
  })

  return router
}

/** Whether Graph still has this version. */
export function isServed(version: string): boolean {
  const [, major] = /^v(\d+)\.\d+$/.exec(version) ?? []
  return major !== undefined && Number(major) >= OLDEST_VERSION
}

/** As `graph.facebook.com` says it; for `graph.instagram.com` the words are not confirmed. */
function unknownPath(path: string): GraphRefusal {
  return new GraphRefusal(`Unknown path components: ${path}`, 2500)
}

function fieldsOf(origin: string, person: Professional): Readonly<Record<string, string | number>> {
  const { profile } = person
  return {
    id: profile.id,
    user_id: profile.userId,
    username: person.username,
    name: person.name,
    account_type: profile.accountType,
    profile_picture_url: pictureUrl(origin, person),
    followers_count: profile.followers,
    follows_count: profile.follows,
    media_count: profile.media,
    biography: profile.biography,
    website: profile.website,
  }
}

/**
 * The asked fields of what is known of a `type` of things.
 *
 * @throws GraphRefusal for a field that things of this type do not have
 */
export function select(
  known: Readonly<Record<string, string | number>>,
  asked: readonly string[],
  type: 'IGUser' | 'IGMedia',
): Record<string, string | number> {
  const chosen: Record<string, string | number> = {}
  for (const field of asked) {
    const value = Object.hasOwn(known, field) ? known[field] : undefined
    if (value === undefined) {
      throw new GraphRefusal(
        `(#100) Tried accessing nonexisting field (${field}) on node type (${type})`,
        100,
      )
    }
    chosen[field] = value
  }
  return chosen
}
