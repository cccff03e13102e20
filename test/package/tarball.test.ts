import { execFile } from 'node:child_process'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { beforeAll, describe, expect, test } from 'vitest'
import { decide } from '../../src/sandbox/decide.ts'
import { laptop } from '../cli/support.ts'
import { person } from '../support/person.ts'
import { freePort } from '../support/place.ts'
import { filesIn, packagesLoadedBy, textIn, typesNamedFrom } from './contents.ts'
import { loginWith } from './loginWith.ts'
import { packAndInstall, type Project, ROOT } from './project.ts'

const NEWEST = join(ROOT, 'node_modules/node/bin/node')

interface Manifest {
  version: string
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}

interface Lock {
  packages: Record<string, { dev?: boolean }>
}

const TOKEN_OF_THE_BAKERY = /@harbour\.bakery[^]+id="token">IGAA/
const CONNECTED = {
  own: 'A page of the host',
  page: expect.stringMatching(TOKEN_OF_THE_BAKERY) as string,
  style: 200,
  errors: '',
}

let project: Project

// Compiles everything, and installs the dependencies: that takes longer than a test.
beforeAll(async () => {
  project = await packAndInstall()
  return () => project[Symbol.asyncDispose]()
}, 240_000)

describe('the tarball', () => {
  test('contains the compiled code with its types, the views, and the documentation', () => {
    const compiled = filesIn(ROOT, 'src/**/*.{ts,js}').flatMap((file) => [
      inDist(file).replace(/ts$/, 'js'),
      inDist(file).replace(/[jt]s$/, 'd.ts'),
    ])
    const copied = filesIn(ROOT, 'src/{web/api/*.json,sandbox/{views,pictures}/**}').map(inDist)
    const views = [...filesIn(ROOT, 'views/**'), ...copied]
    const documentation = filesIn(ROOT, '{*.md,LICENSE,llms.txt,.env.example,{docs,examples,deploy,monitoring}/**}')

    const files = filesIn(project.installed, '{**,.env*}')

    expect(files.sort()).toStrictEqual(['package.json', ...documentation, ...compiled, ...views].sort())
  })

  test('does not contain the path where it was packed', () => {
    const folders = ['src', 'dist', 'node_modules'].map((name) => join(ROOT, name))

    const telling = filesIn(project.installed, '**').filter((file) => {
      const text = textIn(project.installed, file)
      return folders.some((folder) => text.includes(folder))
    })

    expect(telling).toStrictEqual([])
  })

  test('loads only packages that it depends on', () => {
    const { dependencies, peerDependencies } = json('package.json') as Manifest
    const { packages } = json('package-lock.json') as Lock

    const loaded = new Set(
      filesIn(project.installed, 'dist/**/*.js').flatMap((file) => packagesLoadedBy(textIn(project.installed, file))),
    )

    expect(Object.keys({ ...dependencies, ...peerDependencies })).toEqual(expect.arrayContaining([...loaded]))
    expect([...loaded].filter((name) => packages[`node_modules/${name}`]?.dev)).toStrictEqual([])
  })

  test('has types that name no others than those of Express and Node', () => {
    const named = new Set(typesNamedFrom(project.installed, 'dist/index.d.ts'))

    expect([...named]).toStrictEqual(['express'])
  })

  test('passes publint', async () => {
    const { buffer } = new Uint8Array(await readFile(project.tarball))

    const { messages } = await publint({ pack: { tarball: buffer }, level: 'suggestion', strict: true })

    expect(messages).toStrictEqual([])
  })

  test('has types that TypeScript finds where Node finds the code', async () => {
    const tarball = createPackageFromTarballData(new Uint8Array(await readFile(project.tarball)))

    const found = await checkPackage(tarball)

    expect(found).toMatchObject({
      types: { kind: 'included' },
      problems: [
        // Where TypeScript looked before `exports` existed; Node does not look there.
        { kind: 'NoResolution', resolutionKind: 'node10' },
        // `require` of a module: every supported Node can, as tested below.
        { kind: 'CJSResolvesToESM', resolutionKind: 'node16-cjs' },
      ],
    })
  })
})

test('a clone that was built runs the command by `npx .`', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'npx-'))
  const environment = { ...process.env, npm_config_cache: folder.path }

  const { stdout } = await promisify(execFile)('npx', ['.', 'help'], { cwd: ROOT, env: environment })

  expect(stdout).toMatch(/^Usage: npx instagram-access-token/)
})

describe('installed into an empty project', () => {
  test('a JavaScript app gets a login and keeps its own pages, with the newest Node', async () => {
    const outcome = await loginWith(project, NEWEST, 'host.js')

    expect(outcome).toStrictEqual(CONNECTED)
  })

  test('a strict TypeScript app compiles with all types checked, and gets a login with the oldest Node', async () => {
    await project.run(NEWEST, join(ROOT, 'node_modules/typescript/bin/tsc'))

    const outcome = await loginWith(project, project.oldestNode, 'compiled/host.js')

    expect(outcome).toStrictEqual(CONNECTED)
  })

  test('it can be required by CommonJS', async () => {
    const { stdout, stderr } = await project.run(project.oldestNode, 'required.cjs')

    expect(stdout).toBe(
      'true: clientId, clientSecret and redirectUri must be set: from your Instagram app, or from createSandbox() to start with.\n',
    )
    expect(stderr).toBe('')
  })

  test('its command gets a token from its own sandbox, with the oldest Node', async () => {
    const bin = join(project.installed, '../.bin/instagram-access-token')
    const { version } = json('package.json') as Manifest
    await using here = await laptop({ command: [bin] })
    const PATH = `${dirname(project.oldestNode)}:${process.env['PATH'] ?? ''}`

    const said = await here.run(['--version'], { PATH })
    const cli = here.start(['--sandbox'], { PATH }, here.nothing)
    const page = await here.visit(await decide(await cli.link()))
    const { status, stdout, stderr } = await cli.ended

    expect(said.stdout).toBe(`${version}\n`)
    expect(page.text).toContain('@harbour.bakery')
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^IGAA\S+\n$/)])
    expect(stderr).not.toMatch(/warning/i)
  })

  test('its web app runs with its own sandbox, and all pages are there', async () => {
    const [port, sandboxPort] = [await freePort(), await freePort()]
    const ports = { PORT: String(port), SANDBOX_PORT: String(sandboxPort) }
    const program = join(project.installed, 'dist/main.js')

    await using running = await project.start(project.oldestNode, program, ports)
    const somebody = person({ origin: `http://localhost:${port}` })
    const authorize = await fetch(await somebody.getStarted())
    const style = await fetch(`http://127.0.0.1:${sandboxPort}/sandbox.css`)
    const page = await somebody.login()

    expect(await authorize.text()).toContain('Allow')
    expect(style.status).toBe(200)
    expect(page.text).toMatch(TOKEN_OF_THE_BAKERY)
    expect(running.errors()).toBe('')
  })
})

/** The compiled file of a source file. */
function inDist(file: string): string {
  return file.replace(/^src/, 'dist')
}

function json(file: string): unknown {
  return JSON.parse(textIn(ROOT, file))
}
