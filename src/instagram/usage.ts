import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'

/** How much of its limits Instagram says that we have used up. https://developers.facebook.com/docs/graph-api/overview/rate-limiting */
export interface Usage {
  /** Of the fullest of all counts; 100 and more is throttled. */
  percent: number
  /** Milliseconds until calls are allowed again; 0 when they are. */
  regainMs: number
}

const counts = z.object({
  call_count: z.number().catch(0),
  total_cputime: z.number().catch(0),
  total_time: z.number().catch(0),
  estimated_time_to_regain_access: z.number().catch(0),
})
const byApp = z.array(counts)
const byBusiness = z.record(z.string(), z.array(counts)).transform((uses) => Object.values(uses).flat())

/** Read from `x-app-usage` and `x-business-use-case-usage`. Without them, or if they make no sense, nothing is used up. */
export function usageOf(headers: IncomingHttpHeaders): Usage {
  const all = [
    ...parsed(headers['x-app-usage'], byApp, (json) => [json]),
    ...parsed(headers['x-business-use-case-usage'], byBusiness, (json) => json),
  ]
  return {
    percent: Math.max(0, ...all.flatMap((use) => [use.call_count, use.total_cputime, use.total_time])),
    regainMs: Math.max(0, ...all.map((use) => use.estimated_time_to_regain_access)) * 60_000,
  }
}

type Counts = z.output<typeof counts>

function parsed(
  header: string | string[] | undefined,
  schema: z.ZodType<Counts[]>,
  arrange: (json: unknown) => unknown,
): Counts[] {
  if (typeof header !== 'string') return []
  try {
    return schema.parse(arrange(JSON.parse(header)))
  } catch {
    return []
  }
}
