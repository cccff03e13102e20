// Your own pages in place of ours: `render` is asked for each page, and whatever it leaves alone is shown as it comes.
import { join } from 'node:path'
import express from 'express'
import { instagram } from 'instagram-access-token'
import { port, settings } from '../settings.ts'

const app = express()
app.set('view engine', 'ejs')
app.set('views', join(import.meta.dirname, 'views'))

app.use(
  '/instagram',
  instagram({
    ...(await settings()),
    render(view, locals, _request, response) {
      if (view === 'index') response.render('connect', { link: locals.getStarted })
      if (view === 'response') response.render('connected', locals)
      if (view === 'auth_error') response.status(locals.status).render('failed', locals)
      // Help, data deletion and the rest are shown by us, as you left them alone.
    },
  }),
)

app.get('/', (_request, response) => {
  response.redirect('/instagram/')
})

app.listen(port, () => {
  console.log(`Ready: http://localhost:${port}`)
})
