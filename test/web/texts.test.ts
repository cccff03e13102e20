import ejs from 'ejs'
import { expect, test } from 'vitest'
import { ENVIRONMENT_NAMES, OPTION_NAMES } from '../../src/errors/settingNames.ts'

/** What is set as code in a text of the pages. */
async function codesIn(text: string): Promise<string[]> {
  const html = await ejs.renderFile('views/partials/text.ejs', { text })
  return Array.from(html.matchAll(/<code>(.*?)<\/code>/g), ([, code = '']) => code)
}

/** Options that no text for hosts mentions: a host listens by itself. */
const OF_PROCESSES = ['host', 'port', 'https', 'production']

test('every setting in a text is set as code', async () => {
  const options = Object.values(OPTION_NAMES).filter((name) => !OF_PROCESSES.includes(name) && !name.includes(' '))
  const names = [...Object.values(ENVIRONMENT_NAMES), ...options]

  expect(await codesIn(`Set ${names.join(', ')}.`)).toStrictEqual(names)
})

test.each([
  ['Set HTTPS=self-signed, or HTTPS=cert.pem,key.pem.', ['HTTPS=self-signed', 'HTTPS=cert.pem,key.pem']],
  ['HOST is not set (127.0.0.1, port 3000). Set HOST=0.0.0.0 on a platform.', ['HOST', 'HOST=0.0.0.0']],
  ['Correct it in .env or the environment. .env.example describes each.', ['.env', '.env.example']],
  ['The first scope is instagram_business_basic.', ['instagram_business_basic']],
  ['It has no response_type=code, which “proxy_set_header Host $host” adds.', ['response_type=code']],
  ['The Embed URL asks for “instagram_business_basic,instagram_business_manage_messages”.', []],
  ['Check the connection: curl -I https://graph.instagram.com', ['curl -I https://graph.instagram.com']],
  ['An iPhone asks the host on port 443 by https for scopes: GET, POST.', []],
  ['See https://api.instagram.com/oauth/access_token, /data/our_tokens.sqlite and @mira_draws.', []],
])('in “%s” %j is code', async (text, codes) => {
  expect(await codesIn(text)).toStrictEqual(codes)
})
