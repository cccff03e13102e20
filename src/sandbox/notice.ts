import { Agent, fetch } from 'undici'
import type { RegisteredApp } from './authorizationRequest.ts'
import { signedRequest, type SignedClaims } from './signedRequest.ts'

/** What Meta tells an app of a person, at the address that was registered for it. */
export type Notice = 'deauthorize' | 'data_deletion'

/** What differs from what Meta usually sends. */
export type NoticeOptions = Partial<SignedClaims> & {
  /** Default: the Instagram app's. */
  secret?: string
}

/** What the app said to a notice. */
export interface NoticeAnswer {
  /** Where the notice went. */
  sentTo: string
  /** `null`: no answer came. */
  status: number | null
  /** What came, or why nothing did. */
  body: string
  /** What is wrong with it, as Meta sees it; `null`: nothing. */
  problem: string | null
  /** Where the person sees how far the deletion is; `null` if that was not asked, or not told. */
  statusUrl: string | null
}

/** Milliseconds after which an app that does not answer is given up. */
const TIME_LIMIT_MS = 10_000

/** Tells the app, and reports what it said; `undefined`: it has registered no address for this. */
export async function tell(
  notice: Notice,
  app: RegisteredApp,
  claims: SignedClaims,
  secret = app.clientSecret,
): Promise<NoticeAnswer | undefined> {
  const sentTo = notice === 'deauthorize' ? app.deauthorizeUrl : app.dataDeletionUrl
  if (sentTo === undefined) return undefined
  await using ending = new AsyncDisposableStack()
  const connect = app.certificate ? { ca: app.certificate } : {}
  const dispatcher = ending.adopt(new Agent({ connect }), (agent) => agent.close())
  const form = new URLSearchParams({ signed_request: signedRequest(claims, secret) })
  try {
    const response = await fetch(sentTo, {
      method: 'POST',
      body: form,
      redirect: 'manual',
      dispatcher,
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
    })
    return judge(notice, sentTo, response.status, await response.text())
  } catch (error) {
    const body = error instanceof Error ? error.message : String(error)
    return { sentTo, status: null, body, problem: 'The app could not be reached.', statusUrl: null }
  }
}

function judge(notice: Notice, sentTo: string, status: number, body: string): NoticeAnswer {
  const answer = { sentTo, status, body, problem: null, statusUrl: null }
  if (status !== 200) return { ...answer, problem: 'Meta wants the status 200.' }
  if (notice === 'deauthorize') return answer
  const statusUrl = statusUrlIn(body)
  return statusUrl
    ? { ...answer, statusUrl }
    : {
        ...answer,
        problem: 'Meta wants JSON with an http “url” and a “confirmation_code” of letters and digits.',
      }
}

function statusUrlIn(body: string): string | undefined {
  try {
    const said = JSON.parse(body) as Partial<Record<string, unknown>> | null
    const { url, confirmation_code: code } = said ?? {}
    const isGood =
      typeof url === 'string' && /^https?:/.test(url) && typeof code === 'string' && /^[a-z0-9]+$/i.test(code)
    return isGood ? url : undefined
  } catch {
    return undefined
  }
}
