import type { RequestHandler, Response } from 'express'
import { type Config, isLoopback } from '../config.ts'
import type { Context } from '../context.ts'
import { examine, type Finding, type Installation } from '../doctor/doctor.ts'
import { compareEmbedUrl, type EmbeddedSettings, type EmbedUrlComparison } from '../doctor/embedUrl.ts'
import { formatTime } from '../time.ts'
import type { SetupStep, SetupView } from './hooks.ts'
import { addressOf, fieldOf } from './request.ts'
import { redirectTo, renderView } from './views.ts'

/** Milliseconds during which a result of the doctor is not replaced. */
const MIN_INTERVAL_MS = 10_000

/** The handlers of the set-up guide. `certificate`: the app's own self-signed certificate (PEM). */
export function setupHandlers(context: Context, certificate: string | undefined) {
  const { accounts, config, now } = context
  let last: { findings: readonly Finding[]; at: Date } | undefined
  let isRegistered = false // Whether the dashboard's Embed URL has shown our redirect URI.
  let nextRunFrom = 0 // Of the monotonic clock.
  let running: Promise<Finding[]> | undefined

  async function renderGuide(response: Response, comparison?: EmbedUrlComparison): Promise<void> {
    await renderView(response, 'setup', {
      ...valuesToCopy(config, comparison?.embedded ?? {}),
      ...(await progress()),
      comparison: comparison ?? null,
      examination: last ? { findings: last.findings, at: formatTime(last.at, now()) } : null,
    })
  }

  /** Which steps are done, as far as that can be known, and the first that is not. */
  async function progress(): Promise<Pick<SetupView, 'done' | 'next'>> {
    // The guide is there without a database, too. An account that came by its token proves no redirect URI.
    const stored = await accounts.page({ after: '', limit: 20 }).catch(() => undefined)
    const connected = config.sandbox ? [] : (stored?.accounts ?? [])
    const wrong = last?.findings.filter(({ outcome }) => outcome === 'wrong').map(({ name }) => name) ?? []
    const hasLoggedIn = connected.some(({ permissions }) => permissions !== null)
    const steps: Record<SetupStep, boolean> = {
      app: !config.sandbox && !wrong.includes('App ID'),
      addresses: (isRegistered || hasLoggedIn) && !wrong.includes('Redirect URI at Instagram'),
      settings: !config.sandbox,
      account: connected.length > 0,
      doctor: !config.sandbox && last !== undefined && wrong.length === 0,
    }
    const names = Object.keys(steps) as SetupStep[]
    return { done: names.filter((name) => steps[name]), next: names.find((name) => !steps[name]) ?? null }
  }

  return {
    /** `GET /setup`: the set-up guide with the values of this installation, and the doctor's last results. */
    guide: (_request, response) => renderGuide(response),

    /** `POST /setup`: compares an Embed URL with the settings, or runs the doctor. Simultaneous requests share one run. */
    check: async (request, response) => {
      const embedUrl = fieldOf(request, 'embed_url')
      if (embedUrl !== undefined) {
        const comparison = compareEmbedUrl(embedUrl, config.sandbox ? {} : config.instagram, config.names)
        isRegistered ||= comparison.embedded.redirectUri === config.instagram.redirectUri
        return renderGuide(response, comparison)
      }
      if (performance.now() >= nextRunFrom) {
        running ??= examine(installation(context, certificate)).finally(() => (running = undefined))
        last = { findings: await running, at: now() }
        nextRunFrom = performance.now() + MIN_INTERVAL_MS
      }
      redirectTo(response, '/setup#doctor')
    },
  } satisfies Record<string, RequestHandler>
}

/** The running app, for the doctor. */
function installation({ config, instagram, database, now }: Context, certificate: string | undefined): Installation {
  const { names, sandbox, instagram: settings } = config
  const { clientId, clientSecret } = settings
  const given = sandbox ? {} : { [names.clientId]: clientId, [names.clientSecret]: clientSecret }
  return { ...config, config, given, mistakes: [], settings, instagram, certificate, database, now }
}

/** The values for Meta's dashboard, and the settings for this app: those of the Embed URL, where it has them. */
function valuesToCopy(config: Config, embedded: EmbeddedSettings) {
  const { redirectUri: configured, scopes } = config.instagram
  const local = isLoopback(new URL(configured))
  // Otherwise letter by letter, because Instagram compares it so. Whether Instagram accepts http is not certain.
  const redirectUri = local ? configured.replace(/^http:/i, 'https:') : configured
  const { url } = addressOf(redirectUri)
  return {
    values: [
      { id: 'redirect-uri', field: 'OAuth redirect URIs', value: redirectUri },
      { id: 'deauthorize', field: 'Deauthorize callback URL', value: `${url}/deauthorize` },
      { id: 'deletion', field: 'Data deletion request URL', value: `${url}/data-deletion` },
    ],
    local,
    becomesHttps: redirectUri !== configured,
    scopes,
    settings: settingsToCopy(config, { redirectUri, scopes, ...embedded }),
  }
}

/** The settings to copy: literals for code in a host application, else the content of `.env`. */
function settingsToCopy(
  { instagram, listening, sandbox }: Config,
  { clientId = sandbox ? 'the Instagram app ID' : instagram.clientId, redirectUri = '', scopes = [] }: EmbeddedSettings,
): SetupView['settings'] {
  if (!listening) {
    const literal = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`
    return {
      as: 'code',
      clientId: literal(clientId),
      redirectUri: literal(redirectUri),
      scopes: `[${scopes.map(literal).join(', ')}]`,
    }
  }
  // The app itself serves a new address on this machine; a tunnel or proxy serves any other.
  const [url, own] = [new URL(redirectUri), new URL(instagram.redirectUri)]
  const isHttps = url.protocol === 'https:'
  const port = isLoopback(url) && url.host !== own.host ? Number(url.port) || (isHttps ? 443 : 80) : listening.port
  const { https } = listening
  const isSelfSigned = url.origin === own.origin ? https === 'self-signed' : isLoopback(url) && isHttps
  const files = typeof https === 'object' && `${https.certificateFile},${https.keyFile}`
  const lines = [
    `INSTAGRAM_CLIENT_ID=${clientId}`,
    'INSTAGRAM_CLIENT_SECRET=the Instagram app secret',
    `INSTAGRAM_REDIRECT_URI=${redirectUri}`,
    `INSTAGRAM_SCOPES=${scopes.join(',')}`,
    ...(port === 3000 ? [] : [`PORT=${port}`]),
    ...(files ? [`HTTPS=${files}`] : isSelfSigned ? ['HTTPS=self-signed'] : []),
  ]
  return { as: 'env', text: lines.join('\n') }
}
