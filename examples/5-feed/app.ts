// A page with the newest posts of one account, whose token is always valid. The account is connected once, at /instagram/.
import express from 'express'
import { createInstagram, explain } from 'instagram-access-token'
import { port, settings } from '../settings.ts'

// The professional account's id, as /instagram/ shows it. Default: the sandbox's bakery.
const { FEED_OF = '17841403815449847' } = process.env
const KEPT_MS = 5 * 60_000

interface Post {
  caption?: string
  /** Missing where the music of a video is protected. */
  media_url?: string
  /** Of a video. */
  thumbnail_url?: string
  permalink: string
}

const options = await settings()
const { redirectUri = '', graphUrl = 'https://graph.instagram.com' } = options
const home = new URL('.', redirectUri).href
const instagram = createInstagram({
  ...options,
  // An event comes days before the token expires, or as soon as only the person can help. You could send a mail here.
  onEvent({ type, reconnectUrl }) {
    if (reconnectUrl !== null) console.warn(`${type}: connect the account again at ${reconnectUrl}`)
  },
})

const app = express()
app.set('view engine', 'ejs')
app.set('views', import.meta.dirname)
app.use('/instagram', instagram.router)

app.get('/', async (_request, response) => {
  const posts = await newestPosts().catch((error: unknown) => {
    // For the operator: why there are no posts, and what to do.
    const { title, fixableBy, advice, steps } = explain(error)
    const help = fixableBy === 'person' ? `Connect the account at ${home}` : steps.join(' ') || advice
    console.warn(`No posts: ${title}. ${help}`)
    return []
  })
  response.render('feed', { posts })
})

let kept: { posts: Post[]; until: number } = { posts: [], until: 0 }

async function newestPosts(): Promise<Post[]> {
  // Refreshes the token first if that is due; rejects with a NoValidTokenError if only the person can help.
  const { accessToken } = await instagram.accounts.token(FEED_OF)
  // Instagram limits the number of calls.
  if (Date.now() < kept.until) return kept.posts
  const query = new URLSearchParams({ fields: 'caption,media_url,thumbnail_url,permalink', access_token: accessToken })
  const answer = await fetch(`${graphUrl}/v27.0/me/media?${query.toString()}`)
  if (!answer.ok) throw new Error(await answer.text())
  const { data } = (await answer.json()) as { data: Post[] }
  kept = { posts: data, until: Date.now() + KEPT_MS }
  return data
}

app.listen(port, (error) => {
  if (error) throw error
  console.log(`Ready: http://localhost:${port}`)
})
