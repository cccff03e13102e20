import type { AccountJson } from '../../accounts/accountJson.ts'
import type { AccountStatus } from '../../accounts/status.ts'
import type { AccountsJson } from './accounts.ts'
import { problems, type ProblemName, problemType } from './problems.ts'
import type { TokenJson } from '../../accounts/tokenJson.ts'
import type { NoToken } from './token.ts'

/** As much of JSON Schema (2020-12) as we describe answers with. */
export interface Schema {
  $ref?: string
  type?: string | readonly string[]
  description?: string
  enum?: readonly string[]
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  default?: number
  items?: Schema
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  additionalProperties?: boolean
}

const time: Schema = { type: 'string', format: 'date-time' }
const timeOrNull: Schema = { type: ['string', 'null'], format: 'date-time' }
const textOrNull: Schema = { type: ['string', 'null'] }
const permissions: Schema = {
  type: ['array', 'null'],
  items: { type: 'string' },
  description: 'What the person granted. null: Instagram did not say.',
}

const STATUSES = {
  ok: 'the token is valid, and is kept so',
  short_lived: 'the token lasts an hour, and is exchanged for a lasting one as soon as Instagram does that',
  expiring: 'the token is valid, but refreshing it keeps failing',
  needs_reconnect: 'there is no valid token until a person connects the account again',
  unreadable: 'none of this site’s token keys opens the token',
  disconnected_by_instagram: 'the person removed the app on Instagram, and the token is destroyed',
} satisfies Record<AccountStatus, string>

const problemProperties = {
  type: {
    type: 'string',
    enum: Object.keys(problems).map((name) => problemType(name as ProblemName)),
    description: 'The kind of problem: for programs to tell one from another.',
  },
  title: { type: 'string' },
  status: { type: 'integer', minimum: 400, maximum: 599, description: 'The HTTP status.' },
  detail: { type: 'string', description: 'What happened, and what to do.' },
  reference: { type: 'string', description: 'By which the operator finds this request in the log.' },
} satisfies Record<string, Schema>

/** What requests bring and answers hold, by name. */
export const schemas = {
  Account: object({
    id: { type: 'string', description: 'The app-scoped id.' },
    user_id: { ...textOrNull, description: 'The professional account’s id.' },
    username: textOrNull,
    name: textOrNull,
    account_type: { ...textOrNull, description: 'As Instagram spells it: BUSINESS, MEDIA_CREATOR, …' },
    permissions,
    status: { type: 'string', enum: Object.keys(STATUSES), description: inWords(STATUSES) },
    status_since: time,
    status_reason: { ...textOrNull, description: 'In words.' },
    connected_at: time,
    token_obtained_at: time,
    token_expires_at: { ...timeOrNull, description: 'null: the token has no end.' },
    next_refresh_at: {
      ...timeOrNull,
      description: 'When something is done about the token next. null: never.',
    },
  } satisfies Record<keyof AccountJson, Schema>),

  Accounts: object({
    accounts: { type: 'array', items: { $ref: '#/components/schemas/Account' } },
    next: { ...textOrNull, description: 'Path and query of the next page. null: there is none.' },
  } satisfies Record<keyof AccountsJson, Schema>),

  Token: object({
    access_token: { type: 'string' },
    token_type: { type: 'string', enum: ['bearer'] },
    expires_in: {
      type: ['integer', 'null'],
      minimum: 1,
      description: 'Whole seconds that are left at the moment of answering. null: it has no end.',
    },
    user_id: {
      type: 'string',
      description: 'The professional account’s id; while Instagram has not told it, the app-scoped one.',
    },
    permissions,
  } satisfies Record<keyof TokenJson, Schema>),

  Import: {
    type: 'object',
    properties: { access_token: { type: 'string', description: 'Short-lived or long-lived.' } },
    required: ['access_token'],
  },

  Problem: object(problemProperties),

  NoValidToken: object({
    ...problemProperties,
    account_status: { type: 'string', enum: ['needs_reconnect', 'unreadable', 'disconnected_by_instagram'] },
    status_since: time,
    reason: { ...textOrNull, description: 'In words.' },
    reconnect_url: { type: 'string', format: 'uri', description: 'Where a person connects it again.' },
  } satisfies Record<keyof NoToken, Schema> & typeof problemProperties),

  OpenApi: { type: 'object', required: ['openapi', 'info', 'paths'] },
} satisfies Record<string, Schema>

/** All of these properties and no others. */
function object(properties: Record<string, Schema>): Schema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

function inWords(meanings: Readonly<Record<string, string>>): string {
  const sentences = Object.entries(meanings).map(([name, meaning]) => `${name}: ${meaning}`)
  return `${sentences.join('; ')}.`
}
