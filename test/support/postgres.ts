import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgresServer.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a PostgreSQL database whose user may make schemas. */
    postgresUrl: string
  }
}

/** For a whole run of vitest: one PostgreSQL server, `TEST_DATABASE_URL`'s or else one that ends with the run: vitest.config.ts names this file. */
// ts-unused-exports:disable-next-line
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { TEST_DATABASE_URL: given } = process.env
  if (given) {
    project.provide('postgresUrl', given)
    return undefined
  }
  const server = await startPostgres()
  project.provide('postgresUrl', server.url)
  return async () => {
    await server[Symbol.asyncDispose]()
  }
}
