import { type Request, type RequestHandler, Router } from 'express'
import { type Address, asRoute } from './address.ts'

/**
 * Leads to `own` what is asked for at the base, wherever above it we are mounted: at the path `/auth` too, where people come back to
 * `/auth/instagram/response`. There the rest is the host's, unless a proxy says that it has taken the base away.
 */
export function atBase(own: RequestHandler, { base }: Address): RequestHandler {
  const above = new Map(
    beginningsOf(base).map((beginning) => [
      beginning.toLowerCase(),
      Router().use(asRoute(base.slice(beginning.length)), own),
    ]),
  )
  return (request, response, next) => {
    const deeper = above.get(request.baseUrl.toLowerCase())
    if (!deeper) own(request, response, next)
    else
      deeper(request, response, (error?: unknown) => {
        if (error || request.headers['x-forwarded-prefix'] === undefined) next(error)
        else own(request, response, next)
      })
  }
}

/** Every path above the base, which begins it. */
function beginningsOf(base: string): string[] {
  const names = base.split('/').slice(1)
  return names.map((_, count) => ['', ...names.slice(0, count)].join('/'))
}

/**
 * Whether nothing leads from the redirect URI to where we are mounted: the base is neither that path, nor what is left of it by a
 * proxy that takes beginnings away. One that writes paths anew may lead there still.
 */
export function isElsewhere({ base }: Address, { baseUrl }: Pick<Request, 'baseUrl'>): boolean {
  return !base.toLowerCase().endsWith(baseUrl.toLowerCase())
}

/** Whether a proxy says that it is in front. */
export function isBehindProxy({ headers }: Pick<Request, 'headers'>): boolean {
  return PROXY_HEADERS.some((name) => headers[name] !== undefined)
}

const PROXY_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-prefix',
] as const
