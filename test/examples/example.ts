import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { freePort } from '../support/place.ts'
import { type Program, startProgram } from './program.ts'
import { type Visitor, visitor } from './visitor.ts'

/** The folder of this package. */
export const ROOT = join(import.meta.dirname, '../..')

/** The arguments that `npm run example` adds, for our own Node. */
export const AS_EXAMPLE = packageJson.scripts.example.split(' ').slice(1)

/** A running example. */
export interface Example extends Program {
  /** Where its pages are: `http://localhost:<port>`. */
  origin: string
  /** Whether anything answers there, or at its sandbox's address. */
  isThere(): Promise<boolean>
  /** A new visitor. */
  visitor(): Visitor
  /** Presses a button on the sandbox's own page, and returns that page. */
  press(button: string, fields?: Record<string, string>): Promise<string>
}

/** Starts an example with no settings but a free port, and waits until it says that it is ready. */
export async function startExample(file: string): Promise<Example> {
  const port = String(await freePort())
  const origin = `http://localhost:${port}`
  const program = await startProgram([...AS_EXAMPLE, `examples/${file}`], ROOT, { PORT: port })
  const sandbox = /http:\/\/127\.0\.0\.1:\d+/.exec(program.output())?.[0] ?? ''
  return {
    ...program,
    origin,
    async isThere() {
      const answers = await Promise.allSettled([fetch(origin), fetch(sandbox)])
      return answers.some(({ status }) => status === 'fulfilled')
    },
    visitor: () => visitor(origin),
    async press(button, fields) {
      const answer = await fetch(sandbox + button, { method: 'POST', body: new URLSearchParams(fields) })
      return answer.text()
    },
  }
}
