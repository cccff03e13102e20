import { createHmac, randomUUID } from 'node:crypto'

/** A random secret for a browser to keep: by it we know, when it comes back, that it is the one that began a login. 36 characters. */
export function newBrowser(): string {
  return randomUUID()
}

/** The key that signs a browser's states. It is made of the browser's secret and one of ours, so that nothing has to be stored for it. */
export function browserKey(browser: string, secret: string): string {
  // Session cookies are signed with the same secrets, but nothing in them begins like this.
  return createHmac('sha256', secret).update(`browser ${browser}`).digest('base64url')
}
