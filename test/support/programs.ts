import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SRC = join(import.meta.dirname, '../../src')

/** Our programs as processes in one folder, which is empty at first. */
export interface Programs extends AsyncDisposable {
  folder: string
  /** Starts a file of `src` with these environment variables and the path. */
  start: (program: string, environment?: Record<string, string>, ...options: string[]) => Program
}

/** A running program. It is killed at the end. */
export interface Program {
  child: ChildProcessWithoutNullStreams
  /** Its exit status and its output. */
  ended: Promise<{ status: number | null; stdout: string; stderr: string }>
  /** Both outputs so far. */
  output: () => string
  /** Waits until its output contains this, or it has ended. */
  says: (text: string) => Promise<void>
}

export async function programs(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'program-'))
  const running: Program[] = []
  return {
    folder,

    start(program, environment = {}, ...options) {
      const { PATH = '' } = process.env
      const env = { PATH, ...environment }
      const child = spawn(process.execPath, [join(SRC, program), ...options], { cwd: folder, env })
      const texts = { stdout: '', stderr: '' }
      let output = ''
      for (const name of ['stdout', 'stderr'] as const)
        child[name].on('data', (chunk) => {
          texts[name] += String(chunk)
          output += String(chunk)
        })
      const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...texts }))
      const started: Program = {
        child,
        ended,
        output: () => output,
        async says(text) {
          while (!output.includes(text) && child.exitCode === null && child.signalCode === null)
            await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), ended])
        },
      }
      running.push(started)
      return started
    },

    async [Symbol.asyncDispose]() {
      for (const { child } of running) child.kill('SIGKILL')
      await Promise.all(running.map(({ ended }) => ended))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
