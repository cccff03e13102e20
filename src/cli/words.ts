import { inWords as sentences } from '../commands/failure.ts'
import { explainByVariables } from '../login/explain.ts'
import { failureOf } from '../login/failures.ts'
import { styled, type Terminal } from './terminal.ts'

/** What is said of an error: what it is, and what to do. Sentences, not a stack. */
export function inWords(error: unknown, terminal: Terminal): string {
  return failureOf(error) === 'internal' ? sentences(error) : explained(error, terminal)
}

/** What a failure means, and how it is mended. Whoever asks in a terminal runs the app: theirs is the operator's part. */
export function explained(failure: unknown, terminal: Terminal): string {
  const { title, meaning, steps } = explainByVariables(failure)
  const mark = styled(terminal, 'red', '✗')
  return [
    `${mark} ${styled(terminal, 'bold', title)}`,
    `  ${meaning}`,
    ...steps.map((step) => `  → ${step}`),
  ].join('\n')
}
