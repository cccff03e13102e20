import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder of this package. */
export const ROOT = join(import.meta.dirname, '../..')

/** A project of somebody else, empty but for this package as it would be published, and Express. */
export interface Stranger extends AsyncDisposable {
  /** What `npm pack` made. */
  tarball: string
  /** What `npm install` made of it. */
  installed: string
  /** Runs a command there, by the given Node, and returns what it prints. Rejects where it ends with another status than 0. */
  run(node: string, ...command: string[]): Promise<{ stdout: string; stderr: string }>
  /** Starts a program there, and returns when it says that it is ready. */
  start(node: string, program: string, environment: Record<string, string>): Promise<Program>
}

/** A program that runs, and has said so. */
export interface Program extends AsyncDisposable {
  /** All that it had to complain of so far. */
  complaints: () => string
}

/** Packs this package (which builds it), and installs it into a project with the programs of `hosts/`. */
export async function packAndInstall(): Promise<Stranger> {
  await using starting = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'stranger-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  await run(ROOT, 'npm', 'pack', '--pack-destination', folder)
  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))

  const dependencies = { express: '^5.0.0', 'instagram-access-token': `file:./${tarball}` }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', dependencies }))
  await cp(join(import.meta.dirname, 'hosts'), folder, { recursive: true })
  // So that it gets the versions of everything that npm has here already. What is not for it, npm takes out.
  await copyFile(join(ROOT, 'package-lock.json'), join(folder, 'package-lock.json'))
  await run(folder, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')

  const ending = starting.move()
  return {
    tarball: join(folder, tarball),
    installed: join(folder, 'node_modules/instagram-access-token'),
    run: (node, ...command) => run(folder, node, ...command),
    start: (node, program, environment) => start(folder, node, program, environment),
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** Says all that was printed where the status is not 0: some tell their errors on standard output. */
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
  let [output, complaints] = ['', '']
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (complaints += String(text)))
  const ended = once(child, 'exit').then(() => 'ended')
  while (!output.includes('Ready'))
    if ((await Promise.race([once(child.stdout, 'data'), ended])) === 'ended')
      throw new Error(`${program} did not start: ${output}${complaints}`)
  return { complaints: () => complaints, [Symbol.asyncDispose]: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
