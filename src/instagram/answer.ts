import type { z } from 'zod'
import type { Answer } from './call.ts'
import { errorAnswer } from './errorAnswer.ts'
import { parseExactly } from './exactJson.ts'
import { type ErrorAnswer, type Evidence, InstagramError } from './failure.ts'
import { recognise } from './recognise.ts'
import { has } from './wire.ts'

/**
 * What a successful answer says, read by `schema`.
 *
 * @throws {InstagramError} for every other answer: either error shape of Instagram's, or none that we can read
 */
export function read<Shape extends z.ZodType>(answer: Answer, schema: Shape): z.output<Shape> {
  const { endpoint, status, contentType, usage } = answer
  const limited = usage.percent > 0 || usage.regainMs > 0
  const evidence: Evidence = { endpoint, status, contentType, ...(limited && { usage }) }
  const said = parse(answer)
  const error = ERROR_FIELDS.some((field) => has(said, field)) ? errorAnswer.safeParse(said).data : undefined
  if (error)
    throw new InstagramError(recognise({ ...error, status }) ?? 'unknown', {
      ...evidence,
      ...discreet(error, answer.secrets),
    })
  if (said instanceof SyntaxError)
    throw new InstagramError(recognise({ status, contentType }) ?? 'unreadable', evidence, { cause: said })
  if (status < 200 || status > 299)
    throw new InstagramError(recognise({ status }) ?? (status < 400 ? 'unreadable' : 'unknown'), evidence)

  const result = schema.safeParse(said)
  if (result.success) return result.data
  const reason = lacksToken(result.error.issues) ? 'no_token_in_answer' : 'unreadable'
  throw new InstagramError(reason, evidence, { cause: result.error })
}

/** Whether an answer fails for want of its token, in whichever shape it is read. */
function lacksToken(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.some((issue) =>
    issue.code === 'invalid_union' && issue.errors.length > 0
      ? issue.errors.every(lacksToken)
      : issue.path.at(-1) === 'access_token',
  )
}

function parse({ body, status, contentType }: Answer): unknown {
  try {
    return parseExactly(body.toString('utf8'))
  } catch {
    // The parser's own message quotes what it read, and that may be half a token.
    return new SyntaxError(
      `${body.length} bytes of ${contentType || 'no type'} with status ${status} are not JSON`,
    )
  }
}

/** Characters of what Instagram says that go into the log. */
const LONGEST_MESSAGE = 500

/** Meta quotes a malformed token in its message: whatever we sent, or is as long as a token, is left out. */
function discreet(
  { type, message, traceId, ...numbers }: ErrorAnswer,
  secrets: readonly string[],
): ErrorAnswer {
  const mask = (text: string | undefined) =>
    secrets
      .reduce((left, secret) => left?.replaceAll(secret, '…'), text)
      ?.replace(/[\w-]{40,}/g, '…')
      .slice(0, LONGEST_MESSAGE)
  return { ...numbers, type: mask(type), message: mask(message), traceId: mask(traceId) }
}

/** Of which every shape of an error has one. */
const ERROR_FIELDS = ['error', 'error_message', 'meta']
