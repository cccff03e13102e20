import { join } from 'node:path'
import { Router } from 'express'
import { HOUR_MS } from '../facts.ts'
import { findUser, type Professional } from './testUsers.ts'

const PICTURES = join(import.meta.dirname, 'pictures')

/** Captions of everybody's posts, the newest first. */
const CAPTIONS = ['Out of the oven.', 'Rain all morning, so: colour.', 'Almost done.', 'Before anybody is up.']

/** Address of a user's profile picture. */
export function pictureUrl(origin: string, { key }: { key: string }): string {
  return `${origin}/pictures/${key}.png`
}

/** A user's posts with all their fields, the newest first and each five hours older than the one before. */
export function postsOf(origin: string, { key, username, profile }: Professional, now: Date) {
  return CAPTIONS.map((caption, index) => ({
    id: `${profile.userId}${index + 1}`,
    caption,
    media_type: 'IMAGE',
    media_url: `${origin}/posts/${key}/${index}.png`,
    permalink: `${origin}/p/${key}-${index + 1}/`,
    timestamp: new Date(now.getTime() - (index + 1) * 5 * HOUR_MS).toISOString().replace(/\.\d+Z$/, '+0000'),
    username,
  }))
}

/**
 * The pictures of users and posts. The sandbox's own pages use `/faces`, so that a browser's requests are not among the
 * recorded calls of the app. Guests share the picture of the outsider.
 */
export function pictureRouter(): Router {
  const router = Router()

  router.get(['/pictures/:key.png', '/faces/:key.png'], (request, response, next) => {
    const user = findUser(String(request.params['key']))
    if (user) response.sendFile(join(PICTURES, `${user.key.startsWith('guest-') ? 'outsider' : user.key}.png`))
    else next()
  })

  router.get('/posts/:key/:index.png', (request, response, next) => {
    const post = Number(request.params.index) + 1
    const isKnown = findUser(request.params.key) !== undefined && CAPTIONS[post - 1] !== undefined
    if (isKnown) response.sendFile(join(PICTURES, `post-${post}.png`))
    else next()
  })

  return router
}
