import { z } from 'zod'
import type { OpenApi } from '../../src/web/api/document.ts'
import type { Schema } from '../../src/web/api/schemas.ts'
import { openApi } from '../../src/web/api/openapi.ts'

/** One answer that the description promises: to what, by which status, with what. */
export interface Promised {
  /** Such as `GET /accounts/{id} 200`. */
  name: string
  headers: string[]
  /** Schemas by media type; none where there is no body. */
  bodies: Record<string, Schema>
}

export const DOCUMENT: OpenApi = openApi('https://tokens.example/api')

const METHODS = ['get', 'post', 'delete'] as const

/** Method and path of everything that can be done, such as `GET /accounts/{id}`. */
export function operations(): string[] {
  return Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => `${method.toUpperCase()} ${path}`),
  )
}

/** Every answer that is promised. */
export function promised(): Promised[] {
  return Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) =>
      Object.entries(item[method]?.responses ?? {}).map(([status, { headers = {}, content = {} }]) => ({
        name: `${method.toUpperCase()} ${path} ${status}`,
        headers: Object.keys(headers),
        bodies: Object.fromEntries(Object.entries(content).map(([type, { schema }]) => [type, schema])),
      })),
    ),
  )
}

/** What is wrong with a value by a schema of the document; nothing, if it fits. */
export function faults(schema: Schema, value: unknown): string[] {
  const { error } = standing(schema).safeParse(value)
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
}

/** The schema by itself, with all that it refers to. */
function standing(schema: Schema): z.ZodType {
  const whole = JSON.stringify({ ...schema, $defs: DOCUMENT.components.schemas })
  return z.fromJSONSchema(
    JSON.parse(whole.replaceAll('#/components/schemas/', '#/$defs/')) as Parameters<
      typeof z.fromJSONSchema
    >[0],
  )
}
