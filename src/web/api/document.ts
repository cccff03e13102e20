import type { Schema } from './schemas.ts'

/** As much of OpenAPI 3.1 as we describe the API with. */
export interface OpenApi {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string }
  servers: readonly { url: string }[]
  security: readonly Record<string, readonly string[]>[]
  paths: Readonly<Record<string, PathItem>>
  components: {
    securitySchemes: Readonly<Record<string, { type: string; scheme: string; description: string }>>
    schemas: Readonly<Record<string, Schema>>
  }
}

type Method = 'get' | 'post' | 'delete'
type PathItem = Readonly<{ parameters?: readonly Parameter[] } & Partial<Record<Method, Operation>>>

/** What a method does at an address. */
export interface Operation {
  operationId: string
  summary: string
  description?: string
  security?: readonly []
  parameters?: readonly Parameter[]
  requestBody?: { required: boolean; content: Content }
  responses: Readonly<Record<string, Answer>>
}

/** What stands in an address. */
export interface Parameter {
  name: string
  in: 'path' | 'query'
  required?: boolean
  description: string
  schema: Schema
}

/** What a status means. */
export interface Answer {
  description: string
  headers?: Readonly<Record<string, { schema: Schema }>>
  content?: Content
}

/** Bodies by their media type. */
export type Content = Readonly<Record<string, { schema: Schema }>>
