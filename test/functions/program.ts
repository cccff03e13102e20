import { createInstagram, createSandbox } from '../../src/index.ts'
import { KEY, SECRET } from '../mount/support.ts'

// A program that logs in with functions, jobs and a webhook; then it closes everything, or does not.
const [databaseUrl, end] = process.argv.slice(2)
const sandbox = await createSandbox()
const quiet = () => undefined
const instagram = createInstagram({
  ...sandbox.options,
  databaseUrl,
  tokenKeys: KEY,
  sessionSecrets: SECRET,
  webhook: { url: sandbox.origin, secrets: `whsec_${Buffer.alloc(32, 9).toString('base64')}` },
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
})
const { url, browserSecret } = instagram.beginLogin()
const { account } = await instagram.finishLogin({ callback: await sandbox.authorize(url), browserSecret })
await instagram.accounts.token(account.key)
if (end === 'close') await instagram.close()
await sandbox.close()
console.log('done', end === 'close' ? '' : process.getActiveResourcesInfo().join())
