import { request } from 'undici'
import { serveByHand } from './express.ts'

serveByHand({
  async post(url, form) {
    const { body } = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    })
    return body.json()
  },
  async get(url) {
    const { body } = await request(url)
    return body.json()
  },
})
