import { randomUUID } from 'node:crypto'

/** A random secret for a browser to keep: by it we know, when it comes back, that it is the one that began a login. 36 characters. */
export function newBrowser(): string {
  return randomUUID()
}
