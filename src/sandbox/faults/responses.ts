import type { FaultyResponse } from './fault.ts'

/** A JSON response, its keys in the order given. */
export function json(status: number, body: object, headers: Record<string, string> = {}): FaultyResponse {
  return { status, contentType: 'application/json; charset=utf-8', headers, body: JSON.stringify(body) }
}

/** A page where JSON is expected. */
export function html(status: number, text: string, headers: Record<string, string> = {}): FaultyResponse {
  const body = `<!DOCTYPE html>\n<html lang="en"><head><title>Instagram</title></head><body><p>${text}</p></body></html>\n`
  return { status, contentType: 'text/html; charset=utf-8', headers, body }
}

interface GraphError {
  message: string
  /** Default: left out. */
  type?: 'OAuthException' | 'IGApiException'
  is_transient?: boolean
  code: number
  error_subcode?: number
  error_user_title?: string
  fbtrace_id?: string
}

/** An error response of the Graph API. Fields that are left out here are not in the response. */
export function graph(error: GraphError, status = 400, headers?: Record<string, string>): FaultyResponse {
  return json(status, { error }, headers)
}
