import type { IncomingHttpHeaders } from 'node:http'
import type { Request, RequestHandler } from 'express'
import { misbehave, type Misbehaviour } from './misbehaviour.ts'
import { bodyOf, formFields, queryOf } from './received.ts'

/** What an app's server calls, as opposed to what a person's browser opens. */
export type Endpoint = 'token' | 'long_lived' | 'refresh' | 'me' | 'media' | 'picture'

/** One call as it arrived, right or wrong. */
export interface Call {
  endpoint: Endpoint
  method: string
  /** Without the query. */
  path: string
  contentType: string | undefined
  headers: IncomingHttpHeaders
  query: readonly (readonly [name: string, value: string])[]
  /** Form fields in the order they came, repeated ones repeated; none if the body is not a form. */
  fields: readonly (readonly [name: string, value: string])[]
  /** The body's bytes read as UTF-8. */
  body: string
}

/** Writes down the calls of one sandbox, and gives those a bad answer for which one is waiting. */
export class Traffic {
  readonly calls: Call[] = []
  readonly #waiting: { endpoint: Endpoint; answer: Misbehaviour }[] = []

  answerNext(endpoint: Endpoint, answer: Misbehaviour): void {
    this.#waiting.push({ endpoint, answer })
  }

  /** Stands before the handler of an endpoint. */
  watch(endpoint: Endpoint): RequestHandler {
    return async (req, res, next) => {
      this.calls.push(await recordCall(endpoint, req))
      const answer = this.#takeAnswer(endpoint)
      if (answer) misbehave(res, answer)
      else next()
    }
  }

  #takeAnswer(endpoint: Endpoint): Misbehaviour | undefined {
    const first = this.#waiting.findIndex((waiting) => waiting.endpoint === endpoint)
    return first < 0 ? undefined : this.#waiting.splice(first, 1)[0]?.answer
  }
}

async function recordCall(endpoint: Endpoint, req: Request): Promise<Call> {
  return {
    endpoint,
    method: req.method,
    path: req.path,
    contentType: req.headers['content-type'],
    headers: req.headers,
    query: [...queryOf(req)],
    fields: await formFields(req),
    body: bodyOf(req).toString(),
  }
}
