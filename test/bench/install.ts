import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'

/**
 * Installs the peers into the bench's own folder, unless they are there as its lock file says.
 *
 * @throws Error if npm cannot
 */
export function installPeers(): void {
  const lock = `${import.meta.dirname}/package-lock.json`
  const installed = `${import.meta.dirname}/node_modules/.package-lock.json`
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  console.error('Installing the peers (npm ci in test/bench) …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: import.meta.dirname,
    // What npm prints is no figure.
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('npm ci in test/bench failed')
}
