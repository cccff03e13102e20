import type { Request, RequestHandler } from 'express'
import { type Config, isLoopback } from '../config.ts'
import type { Context } from '../context.ts'
import { examine, type Finding, type Installation } from '../doctor/doctor.ts'
import { AppError } from '../errors/errors.ts'
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

/**
 * `GET /setup`: the set-up guide with the values of this installation, and the doctor's last results. `POST /setup`: runs the doctor.
 * Simultaneous requests share one run.
 *
 * @param certificate The app's own self-signed certificate (PEM).
 * @param isOpen Whether the request may see it: it shows how the site is set up.
 */
export function setupPages(
  context: Context,
  certificate: string | undefined,
  isOpen: (request: Request) => boolean,
): { guide: RequestHandler; runDoctor: RequestHandler } {
  const { config, now } = context
  let last: Examination | undefined
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    try {
      last = { lines: await examine(installation(context, certificate)), at: now() }
    } finally {
      running = undefined
    }
  }

  return {
    async guide(request, response) {
      if (!isOpen(request)) throw new AppError('not_found')
      await renderView(response, 'setup', setupView(config, last, now()))
    },

    async runDoctor(request, response) {
      if (!isOpen(request)) throw new AppError('not_found')
      if (!last || Math.abs(now().getTime() - last.at.getTime()) >= MIN_INTERVAL_MS) await (running ??= run())
      redirectTo(response, '/setup#doctor')
    },
  }
}

/** The running app, for the doctor. */
function installation({ config, instagram, database }: Context, certificate: string | undefined): Installation {
  const { names, sandbox, instagram: settings } = config
  const { clientId, clientSecret } = settings
  const given = sandbox ? {} : { [names.clientId]: clientId, [names.clientSecret]: clientSecret }
  const now = () => new Date() // The sandbox's clock may be ahead.
  return { ...config, given, mistakes: [], settings, instagram, certificate, database, now }
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
    settings: config.listening
      ? { as: 'env', text: environmentFile(config, config.listening, redirectUri, becomesHttps) }
      : { as: 'code', ...codeLiterals(config, redirectUri) },
    examination: last ? { lines: last.lines, at: formatTime(last.at, now) } : null,
  }
}

const CLIENT_ID_PLACEHOLDER = 'the Instagram app ID'

function environmentFile(
  { instagram, sandbox }: Config,
  { https, port }: NonNullable<Config['listening']>,
  redirectUri: string,
  becomesHttps: boolean,
): string {
  const configuredHttps = typeof https === 'object' ? `${https.certificateFile},${https.keyFile}` : https
  return [
    `INSTAGRAM_CLIENT_ID=${sandbox ? CLIENT_ID_PLACEHOLDER : instagram.clientId}`,
    'INSTAGRAM_CLIENT_SECRET=the Instagram app secret',
    `INSTAGRAM_REDIRECT_URI=${redirectUri}`,
    `INSTAGRAM_SCOPES=${instagram.scopes.join(',')}`,
    ...(port === 3000 ? [] : [`PORT=${port}`]),
    ...(becomesHttps ? ['HTTPS=self-signed'] : configuredHttps ? [`HTTPS=${configuredHttps}`] : []),
  ].join('\n')
}

function codeLiterals({ instagram, sandbox }: Config, redirectUri: string) {
  const literal = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`
  return {
    clientId: literal(sandbox ? CLIENT_ID_PLACEHOLDER : instagram.clientId),
    redirectUri: literal(redirectUri),
    scopes: `[${instagram.scopes.map(literal).join(', ')}]`,
  }
}
