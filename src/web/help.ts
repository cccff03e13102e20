import { Router } from 'express'
import { z } from 'zod'
import { recognisePasted } from '../instagram/pasted.ts'
import { isFailure, Refusal } from '../login/failures.ts'
import { callbackIn } from '../login/pastedCallback.ts'
import type { Login } from './accountPage.ts'
import { readForm } from './body.ts'
import { finish } from './finish.ts'
import { helpEntry, helpGroups } from './helpView.ts'
import { show } from './views.ts'
import { visitOf } from './visit.ts'

/** The form that takes what somebody saw. */
const form = z.object({ pasted: z.string().catch('') }).catch({ pasted: '' })

/**
 * What each failure means, and the field for those who are stuck: it takes what Instagram showed, and the address of a callback
 * that did not load. `redirectUri`: where Instagram sends people. POSTs must have been let through by `sameOrigin`.
 */
export function help(login: Login, redirectUri: string): Router {
  const router = Router()

  router.get('/help', (_request, response) => {
    return show(response, 'help', { groups: helpGroups() })
  })

  router.get('/help/:name', (request, response) => {
    const { name } = request.params
    if (!isFailure(name)) throw new Refusal('not_found')
    return show(response, 'help_entry', { entry: helpEntry(name), pasted: false, reference: null })
  })

  router.post('/help', readForm('16kb'), async (request, response) => {
    const { pasted } = form.parse(request.body)
    const query = callbackIn(pasted, redirectUri)
    if (query) {
      await finish(login, query, request, response)
      return
    }
    const name = recognisePasted(pasted) ?? 'unknown'
    visitOf(request).log.info({ explained: name }, 'somebody pasted what Instagram showed')
    const reference = name === 'unknown' ? visitOf(request).reference : null
    return show(response, 'help_entry', { entry: helpEntry(name), pasted: true, reference })
  })

  return router
}
