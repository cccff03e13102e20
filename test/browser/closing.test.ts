import { expect, test } from 'vitest'
import { laptop } from '../cli/support.ts'
import { openBrowser } from '../support/browser.ts'
import { decide, findings, heading } from './steps.ts'

const looks = (['Allow', 'Cancel'] as const).flatMap((press) =>
  (['light', 'dark'] as const).flatMap((colorScheme) =>
    [375, 1280].map((width) => ({ press, colorScheme, width })),
  ),
)

test.for(looks)(
  'everybody can read the page that closes a login by command after $press, $colorScheme and $width px wide',
  async ({ press, colorScheme, width }) => {
    await using here = await laptop()
    await using browser = await openBrowser({ anyCertificate: true, colorScheme, width })
    const cli = here.start(['--no-open'])
    const page = await browser.open(await cli.link())

    await decide(page, { press })

    expect(await heading(page)).toBe(press === 'Allow' ? '@harbour.bakery' : 'You said no')
    expect((await cli.ended).status).toBe(press === 'Allow' ? 0 : 1)
    expect(await page.locator('main').innerText()).toContain('You can close this tab.')
    expect(page.url()).toBe(here.redirectUri)
    expect(await findings(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
  },
)

test('in the sandbox the page says so', async () => {
  await using here = await laptop()
  await using browser = await openBrowser({ anyCertificate: true, width: 375 })
  const cli = here.start(['--sandbox'], {}, here.nothing)
  const page = await browser.open(await cli.link())

  await decide(page)

  expect(await page.getByRole('complementary').innerText()).toContain('Sandbox')
  expect(await findings(page)).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
  expect((await cli.ended).status).toBe(0)
})
