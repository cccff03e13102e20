import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Response } from 'supertest'
import { person, type Person } from './person.ts'
import type { World } from './world.ts'

/** A secret, and where it belongs. */
export interface Secret {
  name: string
  value: string
  /** Whether it may stand in an answer. */
  mayBeIn?: (answer: Answer) => boolean
}

/** An answer of ours, and to what. */
export interface Answer {
  to: string
  headers: string
  body: string
  /** Its cookies, which belong to whoever gets them. */
  cookies: string
}

/** Somebody who sees every answer, and later looks for secrets in them and in all else that the app leaves behind. */
export interface Witness {
  answers: Answer[]
  /** Writes an answer down, and hands it on. */
  see<Seen extends Pick<Response, 'headers' | 'text'>>(to: string, answer: Seen): Seen
  /** A person whose answers are all seen. */
  person(): Person
  /** Each secret that is where it does not belong, as `name in place`. */
  leaks(secrets: readonly Secret[], more: Record<string, string>): Promise<string[]>
}

/** A witness of a world. */
export function witness(world: World): Witness {
  const answers: Answer[] = []

  const self: Witness = {
    answers,

    see(to, answer) {
      const { 'set-cookie': cookies = '', ...headers } = answer.headers
      answers.push({
        to,
        headers: JSON.stringify(headers),
        body: answer.text,
        cookies: JSON.stringify(cookies),
      })
      return answer
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
          .filter(([, text]) => holds(text, secret))
          .map(([place]) => `${secret.name} in ${place}`),
        ...answers
          .filter((answer) => !secret.mayBeIn?.(answer) && holds(answer.headers + answer.body, secret))
          .map(({ to }) => `${secret.name} in the answer to ${to.split('?')[0] ?? ''}`),
        ...answers
          .filter(({ cookies }) => !secret.name.startsWith('cookie') && holds(cookies, secret))
          .map(({ to }) => `${secret.name} in a cookie of ${to.split('?')[0] ?? ''}`),
      ])
    },
  }
  return self
}

/** As it is, or as it is written in an address. */
function holds(text: string | Buffer, { value }: Secret): boolean {
  return text.includes(value) || text.includes(encodeURIComponent(value))
}

async function filesBeside(file: string): Promise<Record<string, Buffer>> {
  const folder = dirname(file)
  const names = await readdir(folder)
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [`the file ${name}`, await readFile(join(folder, name))])),
  ) as Record<string, Buffer>
}
