/**
 * A link that opens a page in the system's browser, for the in-app browsers of Instagram and Facebook; `null`: this is another
 * browser. The links are not documented.
 */
export function systemBrowserLink(userAgent: string, page: string): string | null {
  const [app] = /\b(Instagram|FBAN|FBAV|FB_IAB)\b/.exec(userAgent) ?? []
  if (!app) return null
  const [scheme = '', rest = ''] = page.split('://')
  if (userAgent.includes('Android')) return `intent://${rest}#Intent;scheme=${scheme};end`
  return app === 'Instagram' ? `instagram://extbrowser/?url=${encodeURIComponent(page)}` : `x-safari-${page}`
}
