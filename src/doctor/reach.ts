import { Agent, request } from 'undici'

/** Milliseconds for one question, from looking up the name to the head of the answer. */
export const REACH_TIME_LIMIT_MS = 5_000

/** Why there was no answer. */
export type Trouble = 'no_address' | 'refused' | 'untrusted' | 'timed_out' | 'broken_off'

/** An answer, whatever it is. */
export interface Reached {
  status: number
  /** What the other's clock says. */
  date: Date | undefined
  /** Where it sends visitors on to. */
  location: string | undefined
  /** When it was asked, and when the answer came. */
  askedAt: Date
  answeredAt: Date
}

/** How to ask. */
export interface ReachOptions {
  now: () => Date
  /** A certificate (PEM) to trust, beside the usual ones. */
  trusted?: string | undefined
}

/** Asks for nothing but the head of an answer: follows no redirect, sends no cookie, tries once. Never throws. */
export async function reach(url: string, { now, trusted }: ReachOptions): Promise<Reached | Trouble> {
  const dispatcher = new Agent({ connect: trusted === undefined ? {} : { ca: trusted } })
  const askedAt = now()
  try {
    const signal = AbortSignal.timeout(REACH_TIME_LIMIT_MS)
    const { statusCode, headers, body } = await request(url, { method: 'HEAD', dispatcher, signal })
    await body.dump()
    const date = new Date(String(headers['date']))
    return {
      status: statusCode,
      date: Number.isNaN(date.getTime()) ? undefined : date,
      location: typeof headers['location'] === 'string' ? headers['location'] : undefined,
      askedAt,
      answeredAt: now(),
    }
  } catch (error) {
    return troubleIn(error)
  } finally {
    await dispatcher.destroy()
  }
}

function troubleIn(error: unknown): Trouble {
  const { name, code = '' } = error as { name?: string; code?: string }
  if (name === 'TimeoutError' || /TIMEOUT|TIMEDOUT/.test(code)) return 'timed_out'
  if (/^(ENOTFOUND|EAI_|ENODATA)/.test(code)) return 'no_address'
  if (/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/.test(code)) return 'refused'
  if (/CERT|TLS|SSL|EPROTO|SIGNATURE|UNABLE_TO/.test(code)) return 'untrusted'
  return 'broken_off'
}
