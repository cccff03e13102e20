import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A running program. */
export interface Program extends AsyncDisposable {
  /** Its standard output so far. */
  output(): string
  /** Its standard error so far. */
  errors(): string
  /** Sends a signal, and returns the exit status, or else the signal that ended it. */
  stop(signal: NodeJS.Signals): Promise<unknown>
}

/** Starts a program with our own Node and this environment, and waits until it says that it is ready. */
export async function startProgram(
  args: readonly string[],
  cwd: string,
  environment: Record<string, string>,
): Promise<Program> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, args, { cwd, env: { PATH, ...environment } })
  let [output, errors] = ['', '']
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (errors += String(text)))
  const ended = once(child, 'exit').then(([status, signal]: unknown[]) => status ?? signal)
  while (!output.includes('Ready'))
    if (await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)]))
      throw new Error(`It did not start: ${output}${errors}`)

  function stop(signal: NodeJS.Signals): Promise<unknown> {
    child.kill(signal)
    return ended
  }

  return {
    output: () => output,
    errors: () => errors,
    stop,
    [Symbol.asyncDispose]: () => stop('SIGKILL').then(() => undefined),
  }
}
