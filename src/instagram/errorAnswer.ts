import { z } from 'zod'
import type { ErrorAnswer } from './failure.ts'

const wholeNumber = z.coerce.number().int().optional().catch(undefined)
const text = z.string().optional().catch(undefined)
const yesOrNo = z.boolean().optional().catch(undefined)

/** The error as graph.instagram.com spells it. */
const graphError = z
  .object({
    error: z.object({
      message: text,
      type: text,
      code: wholeNumber,
      error_subcode: wholeNumber,
      is_transient: yesOrNo,
      fbtrace_id: text,
    }),
  })
  .transform(
    ({
      error: { error_subcode: subcode, is_transient: transient, fbtrace_id: traceId, ...error },
    }): ErrorAnswer => ({ ...error, subcode, transient, traceId }),
  )

/** The error as api.instagram.com spells it. */
const oauthError = z
  .object({ error_type: text, code: wholeNumber, error_message: z.string() })
  .transform(({ error_type: type, code, error_message: message }): ErrorAnswer => ({ type, code, message }))

/** The classic API had it inside `meta`. */
const classicError = z.object({ meta: oauthError }).transform(({ meta }) => meta)

/** An error in any of Instagram's shapes. */
export const errorAnswer = z.union([graphError, oauthError, classicError])
