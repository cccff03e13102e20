import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { beforeAll, describe, expect, test } from 'vitest'
import { decide } from '../../src/sandbox/decide.ts'
import { laptop } from '../cli/support.ts'
import { person } from '../support/person.ts'
import { freePort } from '../support/place.ts'
import { filesIn, packagesLoadedBy, textIn } from './contents.ts'
import { loginWith } from './loginWith.ts'
import { packAndInstall, ROOT, type Stranger } from './stranger.ts'

const OLDEST = join(ROOT, 'node_modules/node-oldest/node_modules/node/bin/node')
const NEWEST = join(ROOT, 'node_modules/node/bin/node')

interface Manifest {
  version: string
  engines: { node: string }
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
  complaints: '',
}

let stranger: Stranger

// Compiles all of it, and installs what it needs: more than a test takes.
beforeAll(async () => {
  stranger = await packAndInstall()
  return () => stranger[Symbol.asyncDispose]()
}, 240_000)

describe('the tarball', () => {
  test('holds the compiled code with its types, the views, and what npm always adds', () => {
    const compiled = filesIn(ROOT, 'src/**/*.ts').flatMap((file) => [
      inDist(file).replace(/ts$/, 'js'),
      inDist(file).replace(/ts$/, 'd.ts'),
    ])
    const views = [...filesIn(ROOT, 'views/**'), ...filesIn(ROOT, 'src/sandbox/views/**').map(inDist)]

    const files = filesIn(stranger.installed, '**')

    expect(files.sort()).toStrictEqual(['LICENSE', 'README.md', 'package.json', ...compiled, ...views].sort())
  })

  test('does not tell where it was packed', () => {
    const folders = ['src', 'dist', 'node_modules'].map((name) => join(ROOT, name))

    const telling = filesIn(stranger.installed, '**').filter((file) => {
      const text = textIn(stranger.installed, file)
      return folders.some((folder) => text.includes(folder))
    })

    expect(telling).toStrictEqual([])
  })

  test('loads no package but those that come with it, to a clone that is there to run too', () => {
    const { dependencies, peerDependencies } = json('package.json') as Manifest
    const { packages } = json('package-lock.json') as Lock

    const loaded = new Set(
      filesIn(stranger.installed, 'dist/**/*.js').flatMap((file) =>
        packagesLoadedBy(textIn(stranger.installed, file)),
      ),
    )

    expect(Object.keys({ ...dependencies, ...peerDependencies })).toEqual(expect.arrayContaining([...loaded]))
    expect([...loaded].filter((name) => packages[`node_modules/${name}`]?.dev)).toStrictEqual([])
  })

  test('asks for no Node older than the one that is tried here', async () => {
    const { engines } = json('package.json') as Manifest

    const { stdout } = await stranger.run(OLDEST, '--version')

    expect(engines.node).toBe(stdout.trim().replace('v', '>='))
  })

  test('gives publint nothing to say', async () => {
    const { buffer } = new Uint8Array(await readFile(stranger.tarball))

    const { messages } = await publint({ pack: { tarball: buffer }, level: 'suggestion', strict: true })

    expect(messages).toStrictEqual([])
  })

  test('has types that TypeScript finds wherever Node finds the code', async () => {
    const tarball = createPackageFromTarballData(new Uint8Array(await readFile(stranger.tarball)))

    const found = await checkPackage(tarball)

    expect(found).toMatchObject({
      types: { kind: 'included' },
      problems: [
        // Where TypeScript looked before there was `exports`; Node does not look there.
        { kind: 'NoResolution', resolutionKind: 'node10' },
        // `require` of a module: every Node that we run on can, as is seen below.
        { kind: 'CJSResolvesToESM', resolutionKind: 'node16-cjs' },
      ],
    })
  })
})

describe('installed into an empty project', () => {
  test.each([
    ['the oldest Node', OLDEST],
    ['the newest Node', NEWEST],
  ])('a JavaScript app by %s gets a login, and keeps its own pages', async (_, node) => {
    const outcome = await loginWith(stranger, node, 'host.js')

    expect(outcome).toStrictEqual(CONNECTED)
  })

  test('so does a strict TypeScript app by either, once it is compiled with every type looked at', async () => {
    await stranger.run(NEWEST, join(ROOT, 'node_modules/typescript/bin/tsc'))

    const outcomes = [
      await loginWith(stranger, OLDEST, 'compiled/host.js'),
      await loginWith(stranger, NEWEST, 'compiled/host.js'),
    ]

    expect(outcomes).toStrictEqual([CONNECTED, CONNECTED])
  })

  test('it is there for CommonJS too', async () => {
    const { stdout, stderr } = await stranger.run(OLDEST, 'required.cjs')

    expect(stdout).toBe(
      'true: clientId, clientSecret and redirectUri must be set: from your Instagram app, or from createSandbox() to begin with.\n',
    )
    expect(stderr).toBe('')
  })

  test.each([
    ['the oldest Node', OLDEST],
    ['the newest Node', NEWEST],
  ])('its command gets a token by %s, in its own sandbox', async (_, node) => {
    const bin = join(stranger.installed, '../.bin/instagram-access-token')
    const { version } = json('package.json') as Manifest
    await using here = await laptop({ command: [bin] })
    const PATH = `${dirname(node)}:${process.env['PATH'] ?? ''}`

    const said = await here.run(['--version'], { PATH })
    const cli = here.start(['--sandbox'], { PATH }, here.nothing)
    const page = await here.visit(await decide(await cli.link()))
    const { status, stdout, stderr } = await cli.ended

    expect(said.stdout).toBe(`${version}\n`)
    expect(page.text).toContain('@harbour.bakery')
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^IGAA\S+\n$/)])
    expect(stderr).not.toMatch(/warning/i)
  })

  test('its own program runs with its own sandbox, whose pages are there', async () => {
    const [port, sandboxPort] = [await freePort(), await freePort()]
    const ports = { PORT: String(port), SANDBOX_PORT: String(sandboxPort) }
    const program = join(stranger.installed, 'dist/main.js')

    await using running = await stranger.start(OLDEST, program, ports)
    const somebody = person({ origin: `http://localhost:${port}` })
    const authorize = await fetch(await somebody.getStarted())
    const style = await fetch(`http://127.0.0.1:${sandboxPort}/sandbox.css`)
    const page = await somebody.login()

    expect(await authorize.text()).toContain('Allow')
    expect(style.status).toBe(200)
    expect(page.text).toMatch(TOKEN_OF_THE_BAKERY)
    expect(running.complaints()).toBe('')
  })
})

/** Where the build puts what is in `src`. */
function inDist(file: string): string {
  return file.replace(/^src/, 'dist')
}

function json(file: string): unknown {
  return JSON.parse(textIn(ROOT, file))
}
