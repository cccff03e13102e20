import { expect, test } from 'vitest'
import { BASIC, CLIENT_ID, MESSAGES, PUBLISH, REDIRECT_URI, settingsFor, startClient } from './support.ts'

const SETTINGS = {
  ...settingsFor('https://api.example'),
  authorizeUrl: 'https://www.instagram.com/oauth/authorize',
}

test('a person is sent to the authorize page with these five parameters and no other', async () => {
  await using instagram = startClient(SETTINGS)

  const url = new URL(instagram.authorizeUrl('a-state'))

  expect(url.origin + url.pathname).toBe('https://www.instagram.com/oauth/authorize')
  expect([...url.searchParams]).toStrictEqual([
    ['client_id', CLIENT_ID],
    ['redirect_uri', REDIRECT_URI],
    ['response_type', 'code'],
    ['scope', `${BASIC},${PUBLISH},${MESSAGES}`],
    ['state', 'a-state'],
  ])
  expect(url.hash).toBe('')
})

test('the address is spelled as Instagram spells it in its own dashboard', async () => {
  await using instagram = startClient({ ...SETTINGS, scopes: [BASIC, PUBLISH] })

  const href = instagram.authorizeUrl('a-state')

  expect(href).toBe(
    'https://www.instagram.com/oauth/authorize?client_id=1090387462915343' +
      '&redirect_uri=https%3A%2F%2Flocalhost%3A3000%2Fresponse&response_type=code' +
      '&scope=instagram_business_basic%2Cinstagram_business_content_publish&state=a-state',
  )
})

test('who wants to log in as somebody else is asked to log in again', async () => {
  await using instagram = startClient(SETTINGS)

  const url = new URL(instagram.authorizeUrl('a-state', { forceReauth: true }))

  expect(url.searchParams.getAll('force_reauth')).toStrictEqual(['true'])
  expect([...url.searchParams.keys()]).toHaveLength(6)
})

test('asking somebody to log in again does not stick to the next person', async () => {
  await using instagram = startClient(SETTINGS)
  instagram.authorizeUrl('first', { forceReauth: true })

  const url = new URL(instagram.authorizeUrl('second', { forceReauth: false }))

  expect(url.searchParams.has('force_reauth')).toBe(false)
  expect(url.searchParams.getAll('state')).toStrictEqual(['second'])
})

test('neither the client secret nor a code challenge goes into a browser', async () => {
  await using instagram = startClient(SETTINGS)

  const href = instagram.authorizeUrl('a-state', { forceReauth: true })

  expect(href).not.toContain(SETTINGS.clientSecret)
  expect(href).not.toContain('code_challenge')
})

test('a state arrives as it was, whatever is in it', async () => {
  await using instagram = startClient(SETTINGS)
  const state = 'a+b/c==&scope=more#_ %20\u{1F511}'

  const url = new URL(instagram.authorizeUrl(state))

  expect(url.searchParams.getAll('state')).toStrictEqual([state])
  expect([...url.searchParams.keys()]).toHaveLength(5)
})

test('parameters that the operator put into the authorize address stay', async () => {
  await using instagram = startClient({
    ...SETTINGS,
    authorizeUrl: `${SETTINGS.authorizeUrl}?enable_fb_login=0`,
  })

  const url = new URL(instagram.authorizeUrl('a-state'))

  expect(url.searchParams.get('enable_fb_login')).toBe('0')
  expect(url.searchParams.get('client_id')).toBe(CLIENT_ID)
})
