import { NoValidTokenError } from '../accounts/validToken.ts'
import { type Failed, failedBy, inWords as sentences } from '../commands/failure.ts'
import { explainByVariables } from '../login/explain.ts'
import { failureOf } from '../login/failures.ts'
import { styled, type Terminal } from './terminal.ts'

/** What is said of an error: what it is, and what to do. Sentences, not a stack. */
export function inWords(error: unknown, terminal: Terminal): string {
  return failureOf(error) === 'internal' ? sentences(error) : explained(error, terminal)
}

/** The same for programs. */
export function failed(error: unknown): Failed {
  if (failureOf(error) === 'internal') return failedBy(error)
  const { name, title, meaning } = explainByVariables(error)
  return { name, message: `${title}: ${meaning}`, steps: stepsOf(error) }
}

/** What a failure means, and how it is mended. Whoever asks in a terminal runs the app: theirs is the operator's part. */
export function explained(failure: unknown, terminal: Terminal): string {
  const { title, meaning } = explainByVariables(failure)
  const mark = styled(terminal, 'red', '✗')
  return [
    `${mark} ${styled(terminal, 'bold', title)}`,
    `  ${meaning}`,
    ...stepsOf(failure).map((step) => `  → ${step}`),
  ].join('\n')
}

function stepsOf(failure: unknown): readonly string[] {
  const { steps } = explainByVariables(failure)
  return failure instanceof NoValidTokenError
    ? [...steps, 'To connect it again: instagram-access-token']
    : steps
}
