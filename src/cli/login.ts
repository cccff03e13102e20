import { validToken } from '../accounts/tokens.ts'
import { configFromEnvironment, type Environment, withoutEmpty } from '../config.ts'
import type { Context } from '../context.ts'
import { createSandbox } from '../createSandbox.ts'
import { compareEmbedUrl, environmentOf } from '../doctor/embedUrl.ts'
import { checkIdForm, checkSecretForm } from '../doctor/settings.ts'
import type { ErrorCode } from '../errors/catalogue.ts'
import { AppError, errorLogFields } from '../errors/errors.ts'
import { explain } from '../errors/explain.ts'
import { ENVIRONMENT_NAMES } from '../errors/settingNames.ts'
import { findPastedCallback } from '../login/callback.ts'
import type { FinishedLogin } from '../login/login.ts'
import { STATE_LIFETIME_MS } from '../login/state.ts'
import { formatTime } from '../time.ts'
import { type Callback, type CallbackServer, type LoginResult, startCallbackServer } from './callbackServer.ts'
import * as environments from './environment.ts'
import { openContext, rememberedAppId } from './environment.ts'
import { explanation } from './errors.ts'
import { sandboxSettings } from './sandbox.ts'
import * as terminals from './terminal.ts'
import { isInteractive, say, styled, type Terminal, warn } from './terminal.ts'
import { checkDelivery, deliver, type DeliveryOptions, titleOf } from './token.ts'

/** Options of the command. */
export interface LoginOptions extends DeliveryOptions {
  clientId?: string
  clientSecret?: string
  redirectUri?: string
  scopes?: string
  embedUrl?: string
  port?: number
  open: boolean
  sandbox?: boolean
}

/** Callbacks of another login, of an old tab, or opened by hand: this login goes on. */
const UNRELATED: readonly ErrorCode[] = [
  'bad_request',
  'no_answer',
  'state_missing',
  'state_foreign',
  'other_browser',
  'state_used',
  'address_foreign',
]

/** A login while the person is at Instagram. */
interface PendingLogin {
  context: Context
  /** The authorize page. */
  url: string
  /** Whether the browser opens it when the person presses Enter. */
  opens: boolean
  browserSecret: string
  /** `undefined`: the browser does not come back to this command. */
  server: CallbackServer | undefined
  isSandbox: boolean
}

/** `login`: gets a token through the browser, which comes back to this machine, or by the address that the person pastes. */
export async function login(options: LoginOptions, terminal: Terminal): Promise<void> {
  checkDelivery(options)
  const { sandbox: isSandbox = false } = options
  using interruption = terminals.listenForInterruption()
  const { signal } = interruption
  const given = withOptions(options, terminal)
  if (!isSandbox) await environments.confirmHosts(terminal, given)
  const settings = isSandbox ? given : await withCredentials(given, terminal, signal)
  await using server = await listen(settings, terminal)
  const redirectUri = server?.redirectUri ?? settings['INSTAGRAM_REDIRECT_URI'] ?? ''
  await using sandbox = isSandbox ? await createSandbox({ redirectUri }) : undefined
  const environment = sandbox ? { ...settings, ...sandboxSettings(sandbox) } : settings
  const config = configFromEnvironment(environment, { anyRedirectPath: true })
  const now = () => sandbox?.now() ?? new Date()
  await using context = await openContext(config, warn.bind(null, terminal), now)

  const { url, browserSecret } = context.login.beginLogin()
  const opens = options.open && isInteractive(terminal)
  sayHow(url, server, terminal)
  const pending = { context, url, opens, browserSecret, server, isSandbox }
  const { account, withheld } = await finishLogin(pending, terminal, signal)
  const { messages } = terminal
  const title = titleOf(account)
  say(terminal, `${styled(messages, 'green', '✓')} Connected as ${styled(messages, 'bold', title)}`)
  for (const error of withheld)
    context.log.warn({ err: error, ...errorLogFields(error) }, 'connected, but with missing data or permissions')
  if (!isSandbox) environments.rememberAppId(context.config.instagram.clientId)
  const valid = await validToken(account, context)
  await deliver(account, valid, options, terminal, now())
  const expiry = valid.expiresAt && formatTime(valid.expiresAt, now())
  const life = expiry ? `until ${expiry.date} (${expiry.distance})` : 'until you revoke it'
  const command = `${terminals.programName(terminal)} token ${title}${isSandbox ? ' --sandbox' : ''}`
  say(terminal, `  This copy of the token works ${life}. For a current token at any time, run:\n  ${command}`)
}

/** The environment of the login, in which options go before variables. */
function withOptions({ sandbox, port, ...options }: LoginOptions, terminal: Terminal): Environment {
  const given: Environment = withoutEmpty({
    INSTAGRAM_CLIENT_ID: options.clientId,
    INSTAGRAM_CLIENT_SECRET: options.clientSecret,
    INSTAGRAM_REDIRECT_URI: options.redirectUri,
    INSTAGRAM_SCOPES: options.scopes ?? terminal.environment['INSTAGRAM_SCOPES'],
    PORT: port?.toString(),
  })
  const set = { ...withoutEmpty(terminal.environment), ...given }
  const embedded = sandbox || options.embedUrl === undefined ? {} : readEmbedUrl(options.embedUrl, set, terminal)
  if (!sandbox) return environments.loginEnvironment({ ...terminal, environment: { ...embedded, ...set } })
  // The sandbox takes any free port, and knows no app but its own.
  return {
    INSTAGRAM_REDIRECT_URI: `http://localhost:${port ?? 0}/response`,
    ...given,
    ...environments.sandboxEnvironment(),
  }
}

/** The settings in an Embed URL. Those that are set already are compared with it. @throws Error in a sentence: it is no Embed URL */
function readEmbedUrl(pasted: string, given: Environment, terminal: Terminal): Environment {
  const { INSTAGRAM_CLIENT_ID: clientId, INSTAGRAM_REDIRECT_URI: redirectUri, INSTAGRAM_SCOPES: list } = given
  const settings = { clientId, redirectUri, scopes: list?.split(/[\s,]+/).filter(Boolean) }
  const { findings, embedded } = compareEmbedUrl(pasted, settings, ENVIRONMENT_NAMES)
  const wrong = findings.filter(({ outcome }) => outcome === 'wrong')
  const sentences = wrong.map(({ name, says, fix = '' }) => `${name}: ${says}\n  → ${fix}`)
  if (Object.keys(embedded).length === 0) throw new Error(sentences[0])
  for (const sentence of sentences) warn(terminal, sentence)
  return environmentOf(embedded)
}

/** The settings, with the credentials of the app that the person is asked for if they are missing. */
async function withCredentials(settings: Environment, terminal: Terminal, signal: AbortSignal): Promise<Environment> {
  const missing = ['INSTAGRAM_CLIENT_ID', 'INSTAGRAM_CLIENT_SECRET'].filter((name) => !settings[name]?.trim())
  if (missing.length === 0) return settings
  if (!isInteractive(terminal))
    throw new Error(
      `Not a terminal: set ${missing.join(' and ')} in the environment, in .env, or by options. To try it without an Instagram app, add --sandbox.`,
    )
  const remembered = rememberedAppId() ?? ''
  const redirectUri = terminals.plainLine(settings['INSTAGRAM_REDIRECT_URI'] ?? '')
  if (!remembered)
    say(
      terminal,
      `You need an Instagram app. Its ID and secret are in Meta’s dashboard (https://developers.facebook.com/apps/) under
Instagram → API setup with Instagram login. On the same page, under 3. Set up Instagram business login →
Business login settings, add this address to the OAuth redirect URIs:

  ${styled(terminal.messages, 'cyan', redirectUri)}

To try it without an app: ${terminals.programName(terminal)} --sandbox
`,
    )
  const answers: Record<string, string> = {}
  for (const name of missing) {
    const isSecret = name === 'INSTAGRAM_CLIENT_SECRET'
    const message = isSecret ? 'Instagram app secret (hidden)' : 'Instagram app ID'
    const check = (answer: string) => (isSecret ? checkSecretForm : checkIdForm)(answer.trim(), 'It')
    const validate = (answer = '') => {
      const { outcome, says, fix = '' } = check(answer)
      return answer && outcome === 'wrong' ? `${says} ${fix}` : undefined
    }
    const question = { message, validate, signal, defaultValue: remembered, placeholder: remembered }
    const answer = (await terminals.ask(terminal, question, isSecret)).trim()
    if (!answer) throw new Error(`A login needs ${name}.`)
    const form = check(answer)
    if (form.outcome === 'unknown') warn(terminal, `${form.name}: ${form.says}`)
    answers[name] = answer
  }
  return { ...settings, ...answers }
}

/** Listens for the browser. If the port cannot be used, the person can still paste the address. */
async function listen(settings: Environment, terminal: Terminal): Promise<CallbackServer | undefined> {
  try {
    return await startCallbackServer(settings)
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number }
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
    const why = code === 'EACCES' ? 'is for administrators only' : 'is in use by another program'
    warn(terminal, `Port ${port} ${why}, so your browser cannot return to this command.`)
    return undefined
  }
}

/** Opens the person's browser, if there is one; otherwise the person has the address. */
async function openBrowser(url: string): Promise<void> {
  const { default: open } = await import('open')
  const opening = await open(url).catch(() => undefined)
  opening?.on('error', () => undefined)
}

function sayHow(url: string, server: CallbackServer | undefined, terminal: Terminal): void {
  const { messages } = terminal
  const link = styled(messages, 'cyan', url)
  say(terminal, `Log in to Instagram and approve access. This link is valid for ten minutes:\n\n  ${link}\n`)
  if (!server)
    say(terminal, 'Then copy the address of the page that you end on, even if it does not load, and paste it here.')
  if (server?.fingerprint === undefined) return
  say(terminal, 'Your browser will warn about a self-signed certificate created on this machine. Continue past it.')
  say(terminal, styled(messages, 'dim', `SHA-256 ${server.fingerprint}`))
}

/** Finishes the login with the first callback that belongs to it: from the browser, or pasted. @throws {AppError} `state_expired` */
async function finishLogin(pending: PendingLogin, terminal: Terminal, signal: AbortSignal): Promise<FinishedLogin> {
  signal.throwIfAborted()
  const { promise: over, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(reject, STATE_LIFETIME_MS, new AppError('state_expired'))
  signal.addEventListener('abort', () => {
    reject(signal.reason as Error)
  })
  const { url, server } = pending
  using lines = terminals.readLines(terminal)
  let line: Promise<IteratorResult<string>> | undefined = lines.entered.next()
  let callback = server?.next()
  let { opens } = pending
  const waiting = server ? 'Waiting for your browser. If a page does not load, paste its address > ' : 'Address > '
  try {
    for (;;) {
      if (opens) lines.prompt(`Press Enter to open ${new URL(url).host} in your browser … `, '?')
      else if (line) lines.prompt(waiting)
      const arrival = await Promise.race([over, ...(line ? [line] : []), ...(callback ? [callback] : [])])
      lines.clear()
      const received = 'query' in arrival ? arrival : String(arrival.value ?? '').trim()
      if ('query' in arrival) callback = server?.next()
      else if (!arrival.done) line = lines.entered.next()
      else if (server) line = undefined
      else throw new Error('No address was pasted, and your browser cannot return to this command.')
      if (opens && received === '') await openBrowser(url)
      opens = false
      const finished = received && (await Promise.race([over, finishWith(received, pending, terminal, lines)]))
      if (finished) return finished
    }
  } finally {
    clearTimeout(timer)
  }
}

/** Finishes the login with a callback or a pasted text. `undefined`: it belongs to another login; a message says so. */
async function finishWith(
  received: Callback | string,
  { context, browserSecret, isSandbox }: PendingLogin,
  terminal: Terminal,
  lines: ReturnType<typeof terminals.readLines>,
): Promise<FinishedLogin | undefined> {
  const respond = (result: LoginResult) => {
    if (typeof received !== 'string') received.respond(result)
  }
  const { redirectUri } = context.config.instagram
  try {
    const callback = typeof received === 'string' ? findPastedCallback(received, redirectUri) : received.query
    if (!callback) {
      say(terminal, explanation(received, terminal))
      return undefined
    }
    lines.prompt('Asking Instagram for the token …')
    const finished = await context.login.finishLogin({ callback, browserSecret })
    respond({ account: titleOf(finished.account), failure: null, isSandbox })
    return finished
  } catch (error) {
    const failure = explain(error, ENVIRONMENT_NAMES)
    respond({ account: null, failure, isSandbox })
    if (!UNRELATED.includes(failure.name)) throw error
    lines.clear()
    say(terminal, explanation(error, terminal))
    return undefined
  }
}
