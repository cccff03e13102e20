import type { RequestHandler } from 'express'
import { type Config, isLoopback } from '../config.ts'
import type { Context } from '../context.ts'
import { examine, type Finding, type Installation } from '../doctor/doctor.ts'
import { formatTime } from '../time.ts'
import type { SetupView } from './hooks.ts'
import { addressOf } from './request.ts'
import { redirectTo, renderView } from './views.ts'

/** Milliseconds during which a result of the doctor is not replaced. */
const MIN_INTERVAL_MS = 10_000

interface Examination {
  lines: readonly Finding[]
  at: Date
}

/** The handlers of the set-up guide. `certificate`: the app's own self-signed certificate (PEM). */
export function setupHandlers(context: Context, certificate: string | undefined) {
  const { config, now } = context
  let last: Examination | undefined
  let nextRunFrom = 0 // Of the monotonic clock.
  let running: Promise<Finding[]> | undefined

  return {
    /** `GET /setup`: the set-up guide with the values of this installation, and the doctor's last results. */
    guide: (_request, response) => renderView(response, 'setup', setupView(config, last, now())),

    /** `POST /setup`: runs the doctor. Simultaneous requests share one run. */
    runDoctor: async (_request, response) => {
      if (performance.now() >= nextRunFrom) {
        running ??= examine(installation(context, certificate)).finally(() => (running = undefined))
        last = { lines: await running, at: now() }
        nextRunFrom = performance.now() + MIN_INTERVAL_MS
      }
      redirectTo(response, '/setup#doctor')
    },
  } satisfies Record<string, RequestHandler>
}

/** The running app, for the doctor. */
function installation({ config, instagram, database }: Context, certificate: string | undefined): Installation {
  const { names, sandbox, instagram: settings } = config
  const { clientId, clientSecret } = settings
  const given = sandbox ? {} : { [names.clientId]: clientId, [names.clientSecret]: clientSecret }
  const now = () => new Date() // The sandbox's clock may be ahead.
  return { ...config, config, given, mistakes: [], settings, instagram, certificate, database, now }
}

function setupView(config: Config, last: Examination | undefined, now: Date): SetupView {
  const { redirectUri: configured, scopes } = config.instagram
  const address = new URL(configured)
  const local = isLoopback(address)
  const becomesHttps = local && address.protocol === 'http:'
  // Otherwise letter by letter, because Instagram compares it so. Whether Instagram accepts http is not certain.
  const redirectUri = becomesHttps ? configured.replace(/^http:/i, 'https:') : configured
  const { url } = addressOf(redirectUri)
  return {
    values: [
      { id: 'redirect-uri', field: 'OAuth redirect URIs', value: redirectUri },
      { id: 'deauthorize', field: 'Deauthorize callback URL', value: `${url}/deauthorize` },
      { id: 'deletion', field: 'Data deletion request URL', value: `${url}/data-deletion` },
    ],
    local,
    becomesHttps,
    scopes,
    settings: settingsToCopy(config, redirectUri, becomesHttps),
    examination: last ? { lines: last.lines, at: formatTime(last.at, now) } : null,
  }
}

/** The settings to copy: literals for code in a host application, else the content of `.env`. */
function settingsToCopy(
  { instagram, listening, sandbox }: Config,
  redirectUri: string,
  becomesHttps: boolean,
): SetupView['settings'] {
  const clientId = sandbox ? 'the Instagram app ID' : instagram.clientId
  if (!listening) {
    const literal = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`
    const scopes = `[${instagram.scopes.map(literal).join(', ')}]`
    return { as: 'code', clientId: literal(clientId), redirectUri: literal(redirectUri), scopes }
  }
  const { https, port } = listening
  const configuredHttps = typeof https === 'object' ? `${https.certificateFile},${https.keyFile}` : https
  const lines = [
    `INSTAGRAM_CLIENT_ID=${clientId}`,
    'INSTAGRAM_CLIENT_SECRET=the Instagram app secret',
    `INSTAGRAM_REDIRECT_URI=${redirectUri}`,
    `INSTAGRAM_SCOPES=${instagram.scopes.join(',')}`,
    ...(port === 3000 ? [] : [`PORT=${port}`]),
    ...(becomesHttps ? ['HTTPS=self-signed'] : configuredHttps ? [`HTTPS=${configuredHttps}`] : []),
  ]
  return { as: 'env', text: lines.join('\n') }
}
