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
        },
      },
      {
        // The same tests once more on the other engine, as far as what they say depends on it.
        test: {
          name: 'postgres',
          include: [
            'test/accounts/{accounts,connect,roster,rotateKeys,webhook,withdrawals}.test.ts',
            'test/accounts/refresh{Keys,Life,Model,Reconnect,Twice}.test.ts',
            'test/api/{accounts,token}.test.ts',
            'test/operator/accounts.test.ts',
            'test/process/refreshTogether.test.ts',
            'test/web/{dataDeletion,deauthorize,kept,login,once,sweep}.test.ts',
          ],
          provide: { engine: 'PostgreSQL' },
          testTimeout: 30_000,
          hookTimeout: 30_000,
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
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
})
