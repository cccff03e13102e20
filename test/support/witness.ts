import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Response } from 'supertest'
import { person, type Person } from './person.ts'
import type { World } from './world.ts'

/** A secret, and the responses that may contain it. */
export interface Secret {
  name: string
  value: string
  /** Default: none. */
  mayBeIn?: (response: SeenResponse) => boolean
}

/** A response of the app. */
export interface SeenResponse {
  /** Method and path of the request. */
  to: string
  headers: string
  body: string
  /** Kept apart, because they may contain the session's id. */
  cookies: string
}

/** Records every response, and searches them and everything else that the app writes for secrets. */
export interface Witness {
  responses: SeenResponse[]
  /** Records a response and returns it. */
  see<Seen extends Pick<Response, 'headers' | 'text'>>(to: string, response: Seen): Seen
  /** A person whose responses are recorded. */
  person(): Person
  /** Each secret in a place where it does not belong, as `name in place`. */
  leaks(secrets: readonly Secret[], more: Record<string, string>): Promise<string[]>
}

/** Records the responses of a world's apps. */
export function witness(world: World): Witness {
  const responses: SeenResponse[] = []

  const self: Witness = {
    responses,

    see(to, response) {
      const { 'set-cookie': cookies = '', ...headers } = response.headers
      responses.push({
        to,
        headers: JSON.stringify(headers),
        body: response.text,
        cookies: JSON.stringify(cookies),
      })
      return response
    },

    person() {
      const somebody = person(world)
      const usual = { ...somebody }
      return Object.assign(somebody, {
        get: async (path: string, headers?: Record<string, string>) =>
          self.see(`GET ${path}`, await usual.get(path, headers)),
        post: async (path: string, headers?: Record<string, string>) =>
          self.see(`POST ${path}`, await usual.post(path, headers)),
        submit: async (path: string, fields: Record<string, string>) =>
          self.see(`POST ${path}`, await usual.submit(path, fields)),
      })
    },

    async leaks(secrets, more) {
      const places: Record<string, string | Buffer> = {
        'the log': world.log.join(''),
        'the events': JSON.stringify(world.events),
        ...more,
        ...(await filesBeside(world.databaseFile)),
      }
      return secrets.flatMap((secret) => [
        ...Object.entries(places)
          .filter(([, text]) => contains(text, secret))
          .map(([place]) => `${secret.name} in ${place}`),
        ...responses
          .filter((response) => !secret.mayBeIn?.(response) && contains(response.headers + response.body, secret))
          .map(({ to }) => `${secret.name} in the response to ${to.split('?')[0] ?? ''}`),
        ...responses
          .filter(({ cookies }) => !secret.name.startsWith('cookie') && contains(cookies, secret))
          .map(({ to }) => `${secret.name} in a cookie of ${to.split('?')[0] ?? ''}`),
      ])
    },
  }
  return self
}

/** Whether the text contains the secret, also encoded as in URLs. */
function contains(text: string | Buffer, { value }: Secret): boolean {
  return text.includes(value) || text.includes(encodeURIComponent(value))
}

async function filesBeside(file: string): Promise<Record<string, Buffer>> {
  const folder = dirname(file)
  const names = await readdir(folder)
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [`the file ${name}`, await readFile(join(folder, name))])),
  ) as Record<string, Buffer>
}
