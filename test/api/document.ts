import { z } from 'zod'
import document from '../../src/web/api/openapi.json' with { type: 'json' }

/** As much of an OpenAPI response as the tests read. */
interface DescribedResponse {
  headers?: Record<string, unknown>
  content?: Record<string, { schema: object } | undefined>
}

interface Operation {
  responses: Record<string, DescribedResponse | { $ref: string } | undefined>
}

const METHODS = ['get', 'post', 'delete'] as const
const paths = document.paths as Record<string, Partial<Record<(typeof METHODS)[number], Operation>>>
const shared = document.components.responses as Record<string, DescribedResponse>

/** Every operation of the document, such as `GET /accounts/{id}`. */
export const OPERATIONS = Object.entries(paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => `${method.toUpperCase()} ${path}`),
)

/** Every response of the document, such as `GET /accounts/{id} 200`. */
export const RESPONSES = Object.entries(paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) =>
    Object.keys(item[method]?.responses ?? {}).map((status) => `${method.toUpperCase()} ${path} ${status}`),
  ),
)

/** Paths of the document. */
export const PATHS = Object.keys(paths)

/** A response of the API. */
export interface ApiResponse {
  status: number
  type: string
  text: string
  body: unknown
  headers: Record<string, unknown>
}

/** The responses of the document that were received so far. */
export const received = new Set<string>()

/**
 * How a response differs from the document; empty: it does not. Responses at paths or to methods that the document does not have must
 * be problems.
 */
export function differences(method: string, path: string, response: ApiResponse): string[] {
  const { status, type, text, body, headers } = response
  // Where the router is mounted in a host's app.
  const [, base = ''] = /^(.*?)\/(?:api\/|metrics$)/.exec(path) ?? []
  const template = PATHS.find((known) => matches(known, path.replace(/^.*?\/api(?=\/)/, '').replace(/\?.*/s, '')))
  const responses = paths[template ?? '']?.[method.toLowerCase() as 'get']?.responses
  const name = responses?.[status] ? String(status) : 'default'
  const found = responses?.[name]
  const described = found && '$ref' in found ? shared[found.$ref.replace('#/components/responses/', '')] : found
  if (!described) {
    if (type !== 'application/problem+json') return [`${status} ${type} is not a problem`]
    return schemaErrors({ $ref: '#/components/schemas/Problem' }, body, base)
  }
  received.add(`${method.toUpperCase()} ${template ?? ''} ${name}`)
  const missing = Object.keys(described.headers ?? {}).filter((header) => !headers[header.toLowerCase()])
  const schema = described.content?.[type]?.schema
  const isBodyDescribed = schema !== undefined || (!described.content && text === '')
  return [
    ...(name === 'default' && status < 400 ? [`the status ${status} is not described`] : []),
    ...missing.map((header) => `the header ${header} is missing`),
    ...(isBodyDescribed ? [] : [`a body of ${type} is not described`]),
    ...(schema ? schemaErrors(schema, type === 'text/plain' ? text : body, base) : []),
  ]
}

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path)
}

const validators = new Map<string, z.ZodType>()

/** How a value differs from a schema of the document. */
export function schemaErrors(schema: object, value: unknown, base = ''): string[] {
  const schemas = { ...schema, $defs: document.components.schemas }
  const text = JSON.stringify(schemas).replaceAll('"/problems/', `"${base}/problems/`)
  const validator = validators.get(text) ?? toValidator(text)
  validators.set(text, validator)
  return validator.safeParse(value).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? []
}

function toValidator(schema: string): z.ZodType {
  return z.fromJSONSchema(
    JSON.parse(schema.replaceAll('#/components/schemas/', '#/$defs/')) as Parameters<typeof z.fromJSONSchema>[0],
  )
}
