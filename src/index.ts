/** What a host application imports. */
export { type AppOptions, createApp } from './app.ts'
export { type Config, ConfigError, readConfig } from './config.ts'
export { createInstagram, type Instagram, type InstagramSettings } from './instagram/client.ts'
export type { FailureName } from './instagram/catalogue/catalogue.ts'
export { type Evidence, InstagramError, type InstagramFailure } from './instagram/failure.ts'
export { type Database, openDatabase } from './storage/database.ts'
