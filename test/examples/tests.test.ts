import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { AS_EXAMPLE, ROOT } from './example.ts'

test('the tests of an app pass with the sandbox, and the process ends', async () => {
  const command = [...AS_EXAMPLE, '--test', '--test-reporter', 'tap', 'examples/6-tests/app.test.ts']

  const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { cwd: ROOT, env: {} })

  expect(stdout).toMatch(/^# pass 5$/m)
  expect(stdout).toMatch(/^# fail 0$/m)
  expect(stderr).toBe('')
})
