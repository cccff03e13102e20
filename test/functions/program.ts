import { createSandbox, openInstagram } from '../../src/index.ts'
import { KEY, SILENT } from './support.ts'

// A program that logs somebody in by functions, with upkeep and a webhook; then it closes what it has opened, or does not.
const [databaseUrl, end] = process.argv.slice(2)
const sandbox = await createSandbox()
const instagram = await openInstagram({
  ...sandbox.options,
  databaseUrl,
  tokenKeys: KEY,
  sessionSecrets: 'session-secret-marked-canary-0123456789',
  webhook: { url: sandbox.origin, secrets: `whsec_${Buffer.alloc(32, 9).toString('base64')}` },
  log: SILENT,
})
const { url, browser } = instagram.beginLogin()
const { account } = await instagram.finishLogin({ callback: await sandbox.authorize(url), browser })
await instagram.accounts.token(account.key)
if (end === 'close') await instagram.close()
await sandbox.close()
console.log('done', end === 'close' ? '' : process.getActiveResourcesInfo().join())
