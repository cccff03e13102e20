import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgresServer.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a PostgreSQL database in which tests may create schemas. */
    postgresUrl: string
  }
}

/** One PostgreSQL server for a test run: that of `TEST_DATABASE_URL`, or one that ends with the run. Named by vitest.config.ts. */
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
