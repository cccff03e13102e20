import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }

/** The folder of this package. */
export const ROOT = join(import.meta.dirname, '../..')

/** Another project, with this package as it would be published, Express, and the oldest Node that the package's `engines` admit. */
export interface Project extends AsyncDisposable {
  /** The oldest Node. Fetched for these tests only: it takes 180 MB. */
  oldestNode: string
  /** The file of `npm pack`. */
  tarball: string
  /** The folder of the installed package. */
  installed: string
  /** Runs a command there with the given Node, and returns its output. Rejects if the exit status is not 0. */
  run(node: string, ...command: string[]): Promise<{ stdout: string; stderr: string }>
  /** Starts a program there, and waits until it says that it is ready. */
  start(node: string, program: string, environment: Record<string, string>): Promise<Program>
}

/** A running program. */
export interface Program extends AsyncDisposable {
  /** Its standard error so far. */
  errors: () => string
}

/** Packs this package (which builds it), and installs it into a project with the programs of `hosts/`. */
export async function packAndInstall(): Promise<Project> {
  await using starting = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'project-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  await run(ROOT, 'npm', 'pack', '--pack-destination', folder)
  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))

  const node = manifest.engines.node.replace('>=', '')
  const dependencies = { express: '^5.0.0', 'instagram-access-token': `file:./${tarball}`, node }
  const allowScripts = { node: true }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', dependencies, allowScripts }))
  await cp(join(import.meta.dirname, 'hosts'), folder, { recursive: true })
  // For the same versions of all dependencies, which npm has cached. npm removes what it does not need.
  await copyFile(join(ROOT, 'package-lock.json'), join(folder, 'package-lock.json'))
  await run(folder, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')

  const ending = starting.move()
  return {
    oldestNode: join(folder, 'node_modules/node/bin/node'),
    tarball: join(folder, tarball),
    installed: join(folder, 'node_modules/instagram-access-token'),
    run: (node, ...command) => run(folder, node, ...command),
    start: (node, program, environment) => start(folder, node, program, environment),
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** Rejects with the output, too: some programs print their errors to standard output. */
function run(cwd: string, command: string, ...words: string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(command, words, { cwd }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}`))
      else resolve({ stdout, stderr })
    })
  })
}

async function start(cwd: string, node: string, program: string, env: Record<string, string>) {
  const child = spawn(node, [program], { cwd, env })
  let [output, errors] = ['', '']
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (errors += String(text)))
  const ended = once(child, 'exit').then(() => 'ended')
  while (!output.includes('Ready'))
    if ((await Promise.race([once(child.stdout, 'data'), ended])) === 'ended')
      throw new Error(`${program} did not start: ${output}${errors}`)
  return { errors: () => errors, [Symbol.asyncDispose]: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
