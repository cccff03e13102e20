import process from 'node:process'
import express from 'express'
import { createInstagram } from 'instagram-access-token'

const { env } = process

const host = express()
host.get('/own', (req, res) => {
  res.send('A page of the host')
})
const instagram = createInstagram({
  clientId: env.INSTAGRAM_CLIENT_ID,
  clientSecret: env.INSTAGRAM_CLIENT_SECRET,
  redirectUri: env.INSTAGRAM_REDIRECT_URI,
  authorizeUrl: env.INSTAGRAM_AUTHORIZE_URL,
  tokenUrl: env.INSTAGRAM_TOKEN_URL,
  graphUrl: env.INSTAGRAM_GRAPH_URL,
})
host.use('/instagram', instagram.router)
host.listen(env.PORT, () => {
  process.stdout.write('Ready\n')
})
