import type { IncomingHttpHeaders } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import type { FaultyResponse } from './faults/fault.ts'
import type { Endpoint, FaultQueue } from './faults/faults.ts'
import { bodyOf, formFields, queryOf } from './http.ts'

/** A call of an app's server, valid or not. */
export interface Call {
  endpoint: Endpoint
  method: string
  /** Without the query. */
  path: string
  contentType: string | undefined
  headers: IncomingHttpHeaders
  query: readonly (readonly [name: string, value: string])[]
  /** Form fields in the order of the body, repeated ones repeated; none if the body is not a form. */
  fields: readonly (readonly [name: string, value: string])[]
  /** The body, decoded as UTF-8. */
  body: string
}

const RESET: FaultyResponse = { fault: 'reset' }

/** Middleware before an endpoint: records the call, and sends the next faulty response of this endpoint, if one waits. */
export function recordCalls(endpoint: Endpoint, calls: Call[], faults: FaultQueue): RequestHandler {
  /** The GET whose connection was reset: apps may retry it at once, and get the same fault. */
  let reset: string | undefined
  return async (request, response, next) => {
    calls.push(await describeCall(endpoint, request))
    const { method, originalUrl } = request
    const isRetry = method === 'GET' && originalUrl === reset
    const faulty = isRetry ? RESET : faults.takeResponse(endpoint)
    reset = faulty && 'fault' in faulty && faulty.fault === 'reset' && !isRetry ? originalUrl : undefined
    if (faulty) sendFaulty(response, faulty)
    else next()
  }
}

async function describeCall(endpoint: Endpoint, request: Request): Promise<Call> {
  return {
    endpoint,
    method: request.method,
    path: request.path,
    contentType: request.headers['content-type'],
    headers: request.headers,
    query: [...queryOf(request)],
    fields: await formFields(request),
    body: bodyOf(request).toString(),
  }
}

function sendFaulty(response: Response, faulty: FaultyResponse): void {
  if ('body' in faulty) {
    const { status = 200, contentType = 'application/json', headers = {}, body } = faulty
    response.statusCode = status
    response.setHeader('content-type', contentType)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.end(body)
    return
  }
  switch (faulty.fault) {
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'hang':
      return
    case 'truncated':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"access_token": "IGAA', () => response.socket?.destroy())
      return
    case 'slow':
      sendWithoutEnd(response)
  }
}

function sendWithoutEnd(response: Response): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  const timer = setInterval(() => response.write(' '), 100)
  response.once('close', () => {
    clearInterval(timer)
  })
}
