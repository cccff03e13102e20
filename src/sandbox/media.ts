import { Router } from 'express'
import type { Credentials } from './credentials.ts'
import { authenticate, mustBeGet, mustLive } from './graphToken.ts'
import { findPerson } from './guests.ts'
import type { Professional } from './people.ts'
import { draw } from './picture.ts'
import { isServed, select } from './profile.ts'
import { queryOf } from './received.ts'

const HOUR_MS = 60 * 60 * 1000

/** What everybody posted lately, the newest first, each some hours before the one that stands before it. */
const CAPTIONS = [
  'Out of the oven.',
  'Rain all morning, so: colour.',
  'Almost done.',
  'Before anybody is up.',
]

/** Shapes of the pictures, in the order of the captions. */
const SHAPES: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => Math.hypot(x - 80, y - 96) < 48 && y < 104,
  (x, y) => (x + y) % 40 < 16,
  (x, y) => Math.abs(x - 80) + Math.abs(y - 80) < 52,
  (x, y) => y > 112 || Math.hypot(x - 80, y - 112) < 30,
]

/** `/v{N}.{M}/me/media`: somebody's posts with the asked fields, and `id` always; and the pictures in them. */
export function mediaRouter(origin: string, credentials: Credentials): Router {
  const router = Router()

  router.all('/:version/me/media', (req, res, next) => {
    if (!isServed(req.params.version)) {
      next()
      return
    }
    mustBeGet(req)
    const token = authenticate(req, credentials)
    mustLive(token, credentials.now())
    const asked = (queryOf(req).get('fields') ?? '').split(',').filter((field) => field !== '')
    const fields = [...new Set([...asked, 'id'])]
    const posts = CAPTIONS.map((_, index) => postOf(origin, token.grant.person, index, credentials.now()))
    res.json({ data: posts.map((post) => select(post, fields, 'IGMedia')) })
  })

  router.get('/posts/:key/:index.png', (req, res, next) => {
    const person = findPerson(req.params.key)
    const shape = SHAPES[Number(req.params.index)]
    if (person && shape) res.type('png').send(draw(person.colours, shape))
    else next()
  })

  return router
}

function postOf(origin: string, { key, username, profile }: Professional, index: number, now: Date) {
  const posted = new Date(now.getTime() - (index + 1) * 5 * HOUR_MS)
  return {
    id: `${profile.userId}${index + 1}`,
    caption: CAPTIONS[index] ?? '',
    media_type: 'IMAGE',
    media_url: `${origin}/posts/${key}/${index}.png`,
    permalink: `${origin}/p/${key}-${index + 1}/`,
    timestamp: posted.toISOString().replace(/\.\d+Z$/, '+0000'),
    username,
  }
}
