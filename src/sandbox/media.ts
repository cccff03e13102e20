import { join } from 'node:path'
import { type Request, Router } from 'express'
import { HOUR_MS } from '../facts.ts'
import type { Node } from './fields.ts'
import { GraphError, queryOf } from './http.ts'
import { findUser, type Professional } from './testUsers.ts'

const PICTURES = join(import.meta.dirname, 'pictures')

/** Everybody's posts, the newest first. The album holds all pictures. */
const POSTS = [
  { caption: 'Out of the oven.', type: 'IMAGE' },
  { caption: 'Rain all morning, so: colour.', type: 'CAROUSEL_ALBUM' },
  { caption: 'Almost done.', type: 'VIDEO' },
  { caption: 'Before anybody is up.', type: 'IMAGE' },
] as const

/** Posts on a page: as many as are asked for, up to a limit. */
const PAGE_LENGTH = 25
const MAX_PAGE_LENGTH = 100

/** Address of a user's profile picture. */
export function pictureUrl(origin: string, { key }: { key: string }): string {
  return `${origin}/pictures/${key}.png`
}

/** A user's posts with all their fields, the newest first and each five hours older than the one before. */
export function postsOf(origin: string, { key, username, profile }: Professional, now: Date): Node[] {
  return POSTS.map(({ caption, type }, index) => {
    const id = `${profile.userId}${index + 1}`
    const picture = `${origin}/posts/${key}/${index}.png`
    const shared = {
      permalink: `${origin}/p/${key}-${index + 1}/`,
      timestamp: new Date(now.getTime() - (index + 1) * 5 * HOUR_MS).toISOString().replace(/\.\d+Z$/, '+0000'),
      username,
    }
    const child = (_: unknown, position: number) => ({
      ...shared,
      id: `${id}${position + 1}`,
      media_type: 'IMAGE',
      media_url: `${origin}/posts/${key}/${position}.png`,
      thumbnail_url: undefined,
    })
    return {
      ...shared,
      id,
      caption,
      media_type: type,
      media_product_type: type === 'VIDEO' ? 'REELS' : 'FEED',
      // A video has a thumbnail. Its media_url is left out, as Instagram does where the music is protected.
      media_url: type === 'VIDEO' ? undefined : picture,
      thumbnail_url: type === 'VIDEO' ? picture : undefined,
      like_count: 12 * (index + 1),
      comments_count: index,
      children: type === 'CAROUSEL_ALBUM' ? POSTS.map(child) : undefined,
    }
  })
}

/**
 * The page of a list that `limit`, `after` and `before` name, with the cursors and addresses of its neighbours.
 *
 * @throws {GraphError} for a limit that is no number; the message is not recorded
 * @see https://developers.facebook.com/docs/graph-api/results
 */
export function pageOf(nodes: readonly Node[], origin: string, request: Request) {
  const query = queryOf(request)
  const asked = query.get('limit') ?? String(PAGE_LENGTH)
  if (!/^[1-9]\d*$/.test(asked)) throw new GraphError('(#100) Param limit must be a number that is greater than 0', 100)
  const limit = Math.min(Number(asked), MAX_PAGE_LENGTH)
  const cursorOf = (node: Node | undefined) => Buffer.from(node?.id ?? '').toString('base64url')
  const indexOf = (name: string) => nodes.findIndex((node) => cursorOf(node) === query.get(name))
  const before = indexOf('before')
  const from = before < 0 ? indexOf('after') + 1 : Math.max(0, before - limit)
  const data = nodes.slice(from, before < 0 ? from + limit : before)
  if (data.length === 0) return { data }
  const cursors = { before: cursorOf(data[0]), after: cursorOf(data.at(-1)) }
  const addressOf = (name: 'before' | 'after') => {
    const rest = new URLSearchParams([...query].filter(([key]) => key !== 'before' && key !== 'after'))
    rest.set(name, cursors[name])
    return `${origin}${request.path}?${rest.toString()}`
  }
  const next = from + data.length < nodes.length ? addressOf('after') : undefined
  return { data, paging: { cursors, next, previous: from > 0 ? addressOf('before') : undefined } }
}

/**
 * The pictures of users and posts. The sandbox's own pages use `/faces`, so that a browser's requests are not among the
 * recorded calls of the app. Guests share the picture of the outsider.
 */
export function pictureRouter(): Router {
  const router = Router()

  router.get(['/pictures/:key.png', '/faces/:key.png'], (request, response) => {
    const user = findUser(String(request.params['key']))
    if (user) response.sendFile(join(PICTURES, `${user.key.startsWith('guest-') ? 'outsider' : user.key}.png`))
    else response.sendStatus(404)
  })

  router.get('/posts/:key/:index.png', (request, response) => {
    const post = Number(request.params.index) + 1
    const isKnown = findUser(request.params.key) !== undefined && POSTS[post - 1] !== undefined
    if (isKnown) response.sendFile(join(PICTURES, `post-${post}.png`))
    else response.sendStatus(404)
  })

  return router
}
