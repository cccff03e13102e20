import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program that runs, and listens. */
export interface Program extends AsyncDisposable {
  /** What it wrote to standard output so far. */
  output(): string
  /** What it wrote to standard error so far. */
  complaints(): string
  /** Tells it to stop, and returns how it ended: its status, or else the signal. */
  stop(signal: NodeJS.Signals): Promise<unknown>
}

/** Starts a program by our own Node, with nothing in its environment but what is given, and returns when it says that it is ready. */
export async function startProgram(
  words: readonly string[],
  cwd: string,
  environment: Record<string, string>,
): Promise<Program> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, words, { cwd, env: { PATH, ...environment } })
  let [output, complaints] = ['', '']
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (complaints += String(text)))
  const ended = once(child, 'exit').then(([status, signal]: unknown[]) => status ?? signal)
  while (!output.includes('Ready'))
    if (await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)]))
      throw new Error(`It did not start: ${output}${complaints}`)

  function stop(signal: NodeJS.Signals): Promise<unknown> {
    child.kill(signal)
    return ended
  }

  return {
    output: () => output,
    complaints: () => complaints,
    stop,
    [Symbol.asyncDispose]: () => stop('SIGKILL').then(() => undefined),
  }
}
