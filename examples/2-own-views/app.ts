// Your own pages instead of ours: `render` is called for every page, and next() shows ours.
import { join } from 'node:path'
import express from 'express'
import { createInstagram } from 'instagram-access-token'
import { port, settings } from '../settings.ts'

const app = express()
app.set('view engine', 'ejs')
app.set('views', join(import.meta.dirname, 'views'))

const instagram = createInstagram({
  ...(await settings()),
  render({ view, locals }, _request, response, next) {
    if (view === 'index') response.render('connect', { link: locals.getStarted })
    else if (view === 'response') response.render('connected', locals)
    else if (view === 'auth_error') response.render('failed', locals)
    else next() // Help, data deletion and the rest.
  },
})
app.use('/instagram', instagram.router)

app.get('/', (_request, response) => {
  response.redirect('/instagram/')
})

app.listen(port, (error) => {
  if (error) throw error
  console.log(`Ready: http://localhost:${port}`)
})
