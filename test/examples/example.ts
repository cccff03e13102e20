import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { freePort } from '../support/place.ts'
import { type Program, startProgram } from './program.ts'
import { type Visitor, visitor } from './visitor.ts'

/** The folder of this package. */
export const ROOT = join(import.meta.dirname, '../..')

/** What `npm run example` puts in front of what it is given, for our own Node. */
export const AS_EXAMPLE = packageJson.scripts.example.split(' ').slice(1)

/** An example that runs. */
export interface Example extends Program {
  /** Where its pages are: `http://localhost:<port>`. */
  origin: string
  /** Whether anybody answers there, or in its sandbox's place. */
  isThere(): Promise<boolean>
  /** Somebody new in front of it. */
  visitor(): Visitor
  /** Presses a button on the sandbox's own page, and returns that page. */
  press(button: string, fields?: Record<string, string>): Promise<string>
}

/** Starts an example without any settings but a free port, and returns when it says that it is ready. */
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
