// A page with the newest posts of one account, for which there is always a valid token. The account is connected once, at /instagram/.
import express from 'express'
import { explain, instagram } from 'instagram-access-token'
import { port, settings } from '../settings.ts'

// Whose posts they are: the professional account's id, as /instagram/ shows it. That of the sandbox's bakery, to begin with.
const { FEED_OF = '17841403815449847' } = process.env
const KEPT_MS = 5 * 60_000

interface Post {
  caption?: string
  media_url: string
  permalink: string
}

const options = await settings()
const { redirectUri = '', graphUrl = 'https://graph.instagram.com' } = options
const home = new URL('.', redirectUri).href
const logins = instagram({
  ...options,
  // What only a person can mend is told days before the token's end, or as soon as it is known. Here it might be sent by mail.
  onEvent({ type, reconnectUrl }) {
    if (reconnectUrl !== null) console.warn(`${type}: connect the account again at ${reconnectUrl}`)
  },
})

const app = express()
app.set('view engine', 'ejs')
app.set('views', import.meta.dirname)
app.use('/instagram', logins)

app.get('/', async (_request, response) => {
  const posts = await newestPosts().catch((error: unknown) => {
    // Visitors can do nothing about it; whoever runs the site reads why there are none, and what to do.
    const { title, mender, advice, steps } = explain(error)
    const help = mender === 'person' ? `Connect the account at ${home}` : steps.join(' ') || advice
    console.warn(`No posts: ${title}. ${help}`)
    return []
  })
  response.render('feed', { posts })
})

let kept: { posts: Post[]; until: number } = { posts: [], until: 0 }

async function newestPosts(): Promise<Post[]> {
  // A lookup, and a refresh where that is due; rejects with a NoValidTokenError where only the account's person can help.
  const { accessToken } = await logins.accounts.token(FEED_OF)
  // Instagram counts how often it is asked.
  if (Date.now() < kept.until) return kept.posts
  const query = new URLSearchParams({ fields: 'caption,media_url,permalink', access_token: accessToken })
  const answer = await fetch(`${graphUrl}/v26.0/me/media?${query.toString()}`)
  if (!answer.ok) throw new Error(await answer.text())
  const { data } = (await answer.json()) as { data: Post[] }
  kept = { posts: data, until: Date.now() + KEPT_MS }
  return data
}

app.listen(port, () => {
  console.log(`Ready: http://localhost:${port}`)
})
