import { globSync } from 'node:fs'
import { mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createSandbox } from '../../src/index.ts'
import { freePort } from '../support/place.ts'
import { ROOT } from './example.ts'
import { type Program, startProgram } from './program.ts'
import { visitor } from './visitor.ts'

/** The arguments for our own Node. */
const PROGRAM = ['--import', join(import.meta.dirname, 'onSandbox.ts'), 'app.mjs']

const HEADING = '## Add it to your Express app\n'

describe.each(['module', 'commonjs'])('the app that the README shows for Express, in a project of type %s', (type) => {
  test('runs as printed, and people log in with the sandbox', async () => {
    const port = String(await freePort())
    await using folder = await folderWith('app.mjs', await printed(), type)
    await using app = await startProgram(PROGRAM, folder.path, { PORT: port })

    await expectLogin(`http://localhost:${port}`, app)
  })

  test('runs as printed with the settings of an Instagram app', async () => {
    const port = String(await freePort())
    const origin = `http://localhost:${port}`
    await using sandbox = await createSandbox({ redirectUri: `${origin}/instagram/response` })
    const { clientId, clientSecret, redirectUri, authorizeUrl, tokenUrl, graphUrl } = sandbox.options
    await using folder = await folderWith('app.mjs', await printed(), type)
    await using app = await startProgram(PROGRAM, folder.path, {
      PORT: port,
      ...{ INSTAGRAM_CLIENT_ID: clientId, INSTAGRAM_CLIENT_SECRET: clientSecret },
      ...{ INSTAGRAM_REDIRECT_URI: redirectUri },
      ...{ AUTHORIZE_URL: authorizeUrl, TOKEN_URL: tokenUrl, GRAPH_URL: graphUrl },
    })

    await expectLogin(origin, app)
  })
})

test('the list of examples has the command of each', async () => {
  const list = await readFile(join(ROOT, 'examples/README.md'), 'utf8')
  const programs = globSync('examples/[0-9]-*{.ts,/app.ts,/app.test.ts}', { cwd: ROOT })

  const named = Array.from(list.matchAll(/`npm run example (?:-- --test )?(\S+)`/g), ([, file]) => file)

  // The app of the sixth is run by its tests.
  expect([...named, 'examples/6-tests/app.ts'].sort()).toStrictEqual(programs.sort())
})

async function expectLogin(origin: string, app: Program): Promise<void> {
  const somebody = visitor(origin)
  const page = await somebody.login('Connect Instagram')
  expect(page).toMatchObject({ status: 200, text: expect.stringContaining('@harbour.bakery') as string })
  expect(app.errors()).toBe('')
}

/** The first program under the heading. */
async function printed(): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  const [, section = ''] = readme.split(HEADING)
  const [, program] = /^```[jt]s\n(.+?)^```$/ms.exec(section) ?? []
  if (program === undefined) throw new Error(`The README has no program under ${HEADING}`)
  return program
}

/** Another project of this type, with the libraries of this one. */
async function folderWith(file: string, text: string, type: string) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'readme-'))
  await symlink(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'))
  await writeFile(join(folder.path, 'package.json'), JSON.stringify({ type }))
  await writeFile(join(folder.path, file), text)
  return folder
}
