import { z } from 'zod'

/** An id, exact: digits, as a string or as a bare number (one past 2^53 comes as a string from `read`). */
export const id = z.union([z.string().regex(/^\d+$/), z.int().nonnegative().transform(String)])

/** Text, or `null` for whatever else is there. */
export const text = z.string().min(1).nullable().catch(null)

/** A token, or anything else that must be there. */
export const required = z.string().min(1)

/** A duration in seconds. */
export const seconds = z.coerce.number().int().positive().max(3_153_600_000)

/** Meta's pages show some answers as `{"data": [{…}]}` that really come flat: either is read. */
export function unwrapped<Shape extends z.ZodType>(schema: Shape) {
  return z.preprocess(
    (said) => (has(said, 'data') ? wrapping.safeParse(said).data?.data[0] : undefined) ?? said,
    schema,
  )
}

/** Whether it is an object with this field: spares a schema that would only fail, which costs more than one that succeeds. */
export function has(said: unknown, field: string): boolean {
  return typeof said === 'object' && said !== null && field in said
}

const wrapping = z.object({ data: z.tuple([z.looseObject({})], z.unknown()) })
