import { config as readDotenv } from 'dotenv'
import { serve } from './serve.ts'

// The process of the web app, by the settings of the environment and of .env.
readDotenv({ quiet: true })
process.exitCode = await serve(process.env)
