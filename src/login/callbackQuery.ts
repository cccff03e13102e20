/**
 * The query with which Instagram sent a browser back, given as it is, in the whole address, or in its path and query. What stands
 * behind `#` is not part of it: Instagram adds `#_`.
 */
export function callbackQuery(callback: URLSearchParams | URL | string): URLSearchParams {
  if (callback instanceof URLSearchParams) return callback
  if (callback instanceof URL) return callback.searchParams
  const [sent = ''] = callback.split('#')
  const isAddress = /^(?:(?:[a-z][a-z\d+.-]*:)?\/|[^=&]*\?)/i.test(sent)
  return new URLSearchParams(isAddress ? /\?(.*)/s.exec(sent)?.[1] : sent)
}
