import { serveByHand } from './express.ts'

serveByHand({
  async post(url, form): Promise<unknown> {
    return (await fetch(url, { method: 'POST', body: form })).json()
  },
  async get(url): Promise<unknown> {
    return (await fetch(url)).json()
  },
})
