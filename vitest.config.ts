import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    maxWorkers: 2,
    globalSetup: 'test/support/postgres.ts',
    projects: [
      {
        test: {
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/bench/**', 'test/package/**'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // No module keeps state, so the files of a worker share what they import.
          isolate: false,
        },
      },
      {
        // The same tests once more on the other engine, where the result depends on the engine.
        test: {
          name: 'postgres',
          include: [
            'test/accounts/{accounts,refresh,refreshModel,tokenKeys,webhooks,dataDeletion}.test.ts',
            'test/api/{accounts,token}.test.ts',
            'test/admin/accounts.test.ts',
            'test/login/{repeats,connect}.test.ts',
            'test/web/{login,meta,jobs}.test.ts',
          ],
          provide: { engine: 'PostgreSQL' },
          testTimeout: 30_000,
          hookTimeout: 30_000,
          isolate: false,
        },
      },
      {
        test: { name: 'package', include: ['test/package/*.test.ts'], testTimeout: 120_000 },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: 'test/support/chromium.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          isolate: false,
        },
      },
    ],
  },
})
