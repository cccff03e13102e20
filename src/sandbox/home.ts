import { join } from 'node:path'
import { Router } from 'express'
import type { RegisteredApp } from './authorizationRequest.ts'
import { show } from './pages.ts'
import { PEOPLE } from './people.ts'

/** The page that says what this is, and the style sheet of all pages. */
export function homeRouter({ clientId, redirectUris }: RegisteredApp): Router {
  const router = Router()

  router.get('/', (_req, res) => {
    const people = PEOPLE.map(({ key, username, about, profile }) => ({
      key,
      username,
      about,
      ids: profile ? { id: profile.id, userId: profile.userId } : null,
    }))
    show(res, 'home', { clientId, redirectUris, people })
  })

  router.get('/sandbox.css', (_req, res) => {
    res.sendFile(join(import.meta.dirname, 'views', 'sandbox.css'))
  })

  return router
}
