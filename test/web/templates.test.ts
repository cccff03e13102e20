import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createTemplates } from '../../src/web/templates.ts'

test('what was shown once is shown again without a look at its files, nor at what they include', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'views-'))
  await writeFile(join(folder, 'page.ejs'), '<p><%- include("greeting", { who: "you" }) %>, <%= who %></p>')
  await writeFile(join(folder, 'greeting.ejs'), '<%= greeting %> <%= who %>')
  const render = createTemplates(folder)
  const first = render('page', { greeting: 'Hi', who: 'a & b' })
  await rm(folder, { recursive: true })

  const second = render('page', { greeting: 'Bye', who: 'c' })

  expect([first, second]).toStrictEqual(['<p>Hi you, a &amp; b</p>', '<p>Bye you, c</p>'])
})
