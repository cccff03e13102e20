import process from 'node:process'
import express, { type Express } from 'express'
import {
  type AppOptions,
  type Config,
  createApp,
  createInstagram,
  type Database,
  type Instagram,
  openDatabase,
  readConfig,
} from 'instagram-access-token'
import pino from 'pino'

const config: Config = readConfig(process.env)
const now = () => new Date()
const database: Database = await openDatabase(config.databaseUrl)
const instagram: Instagram = createInstagram(config.instagram, now)
const options: AppOptions = { config, database, instagram, log: pino({ level: 'silent' }), now }

const host: Express = express()
host.get('/own', (_req, res) => {
  res.send('A page of the host')
})
host.use(createApp(options).web)
host.listen(config.port, config.host, () => {
  process.stdout.write('Ready\n')
})
