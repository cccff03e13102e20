import type { ZodType } from 'zod'
import { type Variables, variables } from './environment.ts'

/** Variables by name, as a process is given them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What an environment says, and what is wrong with it. */
export interface Survey {
  production: boolean
  /** One sentence a mistake, beginning with the variable's name; none shows a value. */
  mistakes: readonly string[]
  /** Variables whose own value cannot be read. */
  unreadable: ReadonlySet<string>
  /** Every variable; those that are unset or cannot be read have their defaults. */
  env: Variables
}

/** Reads an environment as far as it can be read. An empty variable counts as unset. `known`: what each variable may be. */
export function survey(environment: Environment, known: ZodType<Variables> = variables): Survey {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()))
  const issues = known.safeParse(set).error?.issues ?? []
  const unreadable = new Set(issues.map(({ path }) => String(path[0])))
  const readable = Object.entries(set).filter(([name]) => !unreadable.has(name))
  return {
    production: isProduction(set),
    mistakes: [...issues.map(({ message }) => message), ...contradictions(set)],
    unreadable,
    env: known.parse(Object.fromEntries(readable)),
  }
}

/** Whether an environment says that this is production. */
export function isProduction(env: Environment): boolean {
  return env['NODE_ENV']?.trim().toLowerCase() === 'production'
}

const CREDENTIALS = ['INSTAGRAM_CLIENT_ID', 'INSTAGRAM_CLIENT_SECRET', 'INSTAGRAM_REDIRECT_URI'] as const

function* contradictions(env: Environment): Generator<string> {
  const missing = CREDENTIALS.filter((name) => !env[name])
  const production = isProduction(env)
  if (production && missing.length === CREDENTIALS.length)
    yield `${missing.join(', ')} must be set in production: the sandbox is for development only.`
  else if (missing.length > 0 && missing.length < CREDENTIALS.length)
    yield `${missing.join(' and ')} must be set too: set all of ${CREDENTIALS.join(', ')}, or none of them for the sandbox.`
  else if (missing.length > 0 && (env['PORT'] ?? '3000') === (env['SANDBOX_PORT'] ?? '3001'))
    yield 'PORT and SANDBOX_PORT must be two different ports.'
  const overHttp = /^\s*http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/i.test(
    env['INSTAGRAM_REDIRECT_URI'] ?? '',
  )
  if (overHttp && !production && (env['HTTPS'] ?? 'off').trim() !== 'off')
    yield 'INSTAGRAM_REDIRECT_URI must start with https:// where HTTPS is on: nobody answers at its http address.'
  if (env['WEBHOOK_URL'] && !env['WEBHOOK_SECRETS'])
    yield 'WEBHOOK_SECRETS must be set with WEBHOOK_URL, so that the receiver can tell that it is us.'
  if (!production) return
  if (/^\s*http:/i.test(env['INSTAGRAM_REDIRECT_URI'] ?? ''))
    yield 'INSTAGRAM_REDIRECT_URI must start with https:// in production.'
  for (const name of ['SESSION_SECRETS', 'TOKEN_KEYS'])
    if (!env[name]) yield `${name} must be set in production (.env.example says how to make one).`
}
