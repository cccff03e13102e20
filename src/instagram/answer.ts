import { z } from 'zod'
import type { Answer } from './call.ts'
import { parseExactly } from './exactJson.ts'
import { type ErrorAnswer, type Evidence, InstagramError } from './failure.ts'
import { recognise } from './recognise.ts'

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
  const error = said instanceof SyntaxError ? undefined : errorAnswer.safeParse(said).data
  if (error)
    throw new InstagramError(recognise(error, status), { ...evidence, ...discreet(error, answer.secrets) })
  if (status === 429) throw new InstagramError('throttled', evidence)
  if (status >= 500) throw new InstagramError('unavailable', evidence)
  if (said instanceof SyntaxError) throw new InstagramError('unreadable', evidence, { cause: said })
  if (status < 200 || status > 299)
    throw new InstagramError(status < 400 ? 'unreadable' : 'refused', evidence)

  const result = schema.safeParse(said)
  if (!result.success) throw new InstagramError('unreadable', evidence, { cause: result.error })
  return result.data
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

const wholeNumber = z.coerce.number().int().optional().catch(undefined)
const text = z.string().optional().catch(undefined)

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

/** The error as graph.instagram.com spells it. */
const graphError = z
  .object({
    error: z.object({
      message: text,
      type: text,
      code: wholeNumber,
      error_subcode: wholeNumber,
      fbtrace_id: text,
    }),
  })
  .transform(({ error: { error_subcode: subcode, fbtrace_id: traceId, ...error } }): ErrorAnswer => ({
    ...error,
    subcode,
    traceId,
  }))

/** The error as api.instagram.com spells it. */
const oauthError = z
  .object({ error_type: text, code: wholeNumber, error_message: z.string() })
  .transform(({ error_type: type, code, error_message: message }): ErrorAnswer => ({ type, code, message }))

/** The classic API had it inside `meta`. */
const classicError = z.object({ meta: oauthError }).transform(({ meta }) => meta)

const errorAnswer = z.union([graphError, oauthError, classicError])
