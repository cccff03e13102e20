import type { Response } from 'express'

/** What a call gets instead of the right answer: these bytes, or a connection that goes wrong. */
export type Misbehaviour =
  | {
      /** Default 200. */
      status?: number
      /** Default `application/json`. */
      contentType?: string
      headers?: Record<string, string>
      body: string | Buffer
    }
  | {
      /**
       * `reset`: the connection is torn down before an answer. `hang`: accepted and never answered.
       * `truncated`: less comes than `Content-Length` promised. `slow`: a byte every 100 ms without end.
       */
      fault: 'reset' | 'hang' | 'truncated' | 'slow'
    }

/** Answers a call badly. */
export function misbehave(res: Response, answer: Misbehaviour): void {
  if ('body' in answer) {
    const { status = 200, contentType = 'application/json', headers = {}, body } = answer
    res.statusCode = status
    res.setHeader('content-type', contentType)
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    res.end(body)
    return
  }
  switch (answer.fault) {
    case 'reset':
      res.socket?.resetAndDestroy()
      return
    case 'hang':
      return
    case 'truncated':
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      res.write('{"access_token": "IGAA', () => res.socket?.destroy())
      return
    case 'slow':
      drip(res)
  }
}

function drip(res: Response): void {
  res.writeHead(200, { 'content-type': 'application/json' })
  res.flushHeaders()
  const timer = setInterval(() => res.write(' '), 100)
  res.once('close', () => {
    clearInterval(timer)
  })
}
