import type { Request } from 'express'

/**
 * The query of a request, whatever its parameters are called or how often they come.
 * Express' own reader would turn `a[b]=c` into an object.
 */
export function queryOf(req: Request): URLSearchParams {
  return new URLSearchParams(req.originalUrl.split('?').slice(1).join('?'))
}

/** The body as it came; empty when there was none. Needs `express.raw`. */
export function bodyOf(req: Request): Buffer {
  const body: unknown = req.body
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

/** Names and values of a form (urlencoded or multipart) in the order they came; none if the body is not a form. */
export async function formFields(req: Request): Promise<[name: string, value: string][]> {
  const contentType = req.headers['content-type'] ?? ''
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(contentType)) return []
  const headers = { 'content-type': contentType }
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- for what strangers send without limit; here a caller on this machine sends at most 100 kB
    const form = await new Response(new Uint8Array(bodyOf(req)), { headers }).formData()
    return [...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))
  } catch {
    // A multipart body that does not parse has no fields.
    return []
  }
}
