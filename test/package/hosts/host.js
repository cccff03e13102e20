import process from 'node:process'
import express from 'express'
import { createApp, createInstagram, openDatabase, readConfig } from 'instagram-access-token'
import pino from 'pino'

const config = readConfig(process.env)
const now = () => new Date()
const { web } = createApp({
  config,
  database: await openDatabase(config.databaseUrl),
  instagram: createInstagram(config.instagram, now),
  log: pino({ level: 'silent' }),
  now,
})

const host = express()
host.get('/own', (req, res) => {
  res.send('A page of the host')
})
host.use(web)
host.listen(config.port, config.host, () => {
  process.stdout.write('Ready\n')
})
