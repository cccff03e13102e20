import type { Misbehaviour } from '../misbehaviour.ts'

/** An answer in JSON, its keys in the order given. */
export function json(status: number, body: object, headers: Record<string, string> = {}): Misbehaviour {
  return { status, contentType: 'application/json; charset=utf-8', headers, body: JSON.stringify(body) }
}

/** A page where JSON is expected. */
export function html(status: number, words: string): Misbehaviour {
  const body = `<!DOCTYPE html>\n<html lang="en"><head><title>Instagram</title></head><body><p>${words}</p></body></html>\n`
  return { status, contentType: 'text/html; charset=utf-8', body }
}

/** An error of the Graph API. What is left out here is not in the answer. */
export function graph(error: GraphError, status = 400, headers?: Record<string, string>): Misbehaviour {
  return json(status, { error }, headers)
}

interface GraphError {
  message: string
  type?: 'OAuthException' | 'IGApiException'
  is_transient?: boolean
  code: number
  error_subcode?: number
  error_user_title?: string
  fbtrace_id?: string
}
