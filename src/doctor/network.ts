import { request } from 'undici'
import { isLoopback, type ProxySettings } from '../config.ts'
import { explanationOf } from '../errors/catalogue.ts'
import { type AppError, isAppError } from '../errors/errors.ts'
import { MINUTE_MS } from '../facts.ts'
import { createAgent } from '../proxy.ts'
import { type Finding, type Installation, ok, unknown, wrong } from './installation.ts'

/** Time limit of one request in milliseconds, from the DNS lookup to the response headers. */
const REQUEST_TIME_LIMIT_MS = 5_000

/** How far the clocks may differ. A login link is valid for ten minutes, a short-lived token for an hour. */
const CLOCK_TOLERANCE_MS = MINUTE_MS

/** Why there was no response. */
type NetworkFault = keyof typeof FAULTS

interface Reached {
  status: number
  location: string | undefined
  elapsedMs: number
  /** How many milliseconds this machine's clock is ahead of the server's; `NaN`: it did not send its time. */
  clockAheadMs: number
}

/**
 * Sends one HEAD request without cookies and follows no redirect. Never rejects. Returns the error of a proxy.
 * `trusted`: a certificate (PEM) to trust.
 */
async function reach(
  url: string,
  { config, now }: { config: { proxy: ProxySettings }; now: () => Date },
  trusted?: string,
): Promise<Reached | NetworkFault | AppError> {
  const tls = trusted === undefined ? {} : { ca: trusted }
  const dispatcher = createAgent(config.proxy, { connect: tls, requestTls: tls })
  const sentAt = now().getTime()
  try {
    const signal = AbortSignal.timeout(REQUEST_TIME_LIMIT_MS)
    const { statusCode, headers, body } = await request(url, { method: 'HEAD', dispatcher, signal })
    await body.dump()
    const answeredAt = now().getTime()
    return {
      status: statusCode,
      location: typeof headers['location'] === 'string' ? headers['location'] : undefined,
      elapsedMs: answeredAt - sentAt,
      // Halfway between request and response. The header has whole seconds.
      clockAheadMs: (sentAt + answeredAt) / 2 - (Date.parse(String(headers['date'])) + 500),
    }
  } catch (error) {
    return isAppError(error, 'proxy_failed') ? error : faultOf(error)
  } finally {
    await dispatcher.destroy()
  }
}

function faultOf(error: unknown): NetworkFault {
  const { name, code = '' } = error as { name?: string; code?: string }
  if (name === 'TimeoutError' || /TIMEOUT|TIMEDOUT/.test(code)) return 'timed_out'
  if (/^(ENOTFOUND|EAI_|ENODATA)/.test(code)) return 'no_address'
  if (/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/.test(code)) return 'refused'
  if (/CERT|TLS|SSL|EPROTO|SIGNATURE|UNABLE_TO/.test(code)) return 'untrusted'
  return 'broken_off'
}

/** Checks each of Instagram's hosts (name, TLS, response), and this machine's clock against theirs. */
export async function checkHosts(installation: Installation): Promise<Finding[]> {
  const { settings, sandbox } = installation
  const { authorizeUrl, tokenUrl, graphUrl } = settings
  const origins = [...new Set([authorizeUrl, tokenUrl, graphUrl].map((address) => new URL(address).origin))]
  const answers = await Promise.all(origins.map((origin) => reach(`${origin}/`, installation)))
  return [
    ...describeProxy(installation),
    ...answers.map((answer, index) => checkHost(new URL(origins[index] ?? ''), answer, installation)),
    // The sandbox has a clock of its own.
    ...(sandbox ? [] : [checkClock(answers.filter((answer) => typeof answer === 'object' && 'status' in answer))]),
  ]
}

/** Names the proxies, without their user names and passwords. */
function describeProxy({ config: { proxy }, names }: Installation): Finding[] {
  const { httpsProxy, httpProxy, noProxy } = proxy
  const describe = (url: string | undefined, name: string) => (url ? [`${new URL(url).origin} (${name})`] : [])
  const proxies = [...describe(httpsProxy, names.httpsProxy), ...describe(httpProxy, names.httpProxy)]
  const direct = noProxy ? `this machine and the hosts in ${names.noProxy}` : 'this machine'
  const says = `Calls to other servers go through ${proxies.join(' and ')}. Calls to ${direct} do not.`
  return proxies.length > 0 ? [ok('Proxy', says)] : []
}

function checkHost(
  { host, protocol }: URL,
  answer: Reached | NetworkFault | AppError,
  { sandbox, names }: Installation,
): Finding {
  if (answer instanceof Error) return wrong(host, answer.message, explanationOf('proxy_failed', names).steps.join(' '))
  if (typeof answer === 'string') {
    if (sandbox)
      return unknown(host, 'The sandbox is not running: it starts with the app.', 'Start the app: npm start.')
    const { says, fix } = FAULTS[answer]
    return wrong(host, says, fix)
  }
  const { status, elapsedMs } = answer
  if (status >= 500)
    return unknown(host, `Answers with status ${status}: Instagram has a problem.`, 'Wait, then try again.')
  const how = protocol === 'https:' ? 'over https, with a trusted certificate, ' : ''
  return ok(host, `Answers ${how}in ${elapsedMs} ms.`)
}

const FAULTS = {
  no_address: {
    says: 'DNS lookup failed.',
    fix: 'Check this machine’s DNS, and that the name is not blocked.',
  },
  refused: {
    says: 'The connection was refused.',
    fix: 'Allow connections to the internet on port 443: a firewall may block them.',
  },
  untrusted: {
    says: 'Its certificate is not trusted, or the server does not speak TLS.',
    fix: 'Check this machine’s clock, and that no proxy intercepts https. Behind a company proxy set NODE_EXTRA_CA_CERTS.',
  },
  timed_out: {
    says: `No response within ${REQUEST_TIME_LIMIT_MS / 1000} seconds.`,
    fix: 'Allow connections to the internet on port 443: a firewall may drop them. Otherwise wait.',
  },
  broken_off: {
    says: 'The connection was lost before a response.',
    fix: 'Check proxies and firewalls, then try again.',
  },
}

function checkClock(answers: readonly Reached[]): Finding {
  const name = 'Clock'
  const offsets = answers.map(({ clockAheadMs }) => clockAheadMs).filter(Number.isFinite)
  const [offset] = offsets.toSorted((one, other) => Math.abs(one) - Math.abs(other))
  if (offset === undefined) return unknown(name, 'No host sent its time, so the clock could not be compared.')
  const seconds = Math.round(Math.abs(offset) / 1000)
  if (Math.abs(offset) > CLOCK_TOLERANCE_MS)
    return wrong(
      name,
      `This machine’s clock is ${seconds} seconds ${offset > 0 ? 'ahead of' : 'behind'} Instagram’s.`,
      'Set the clock, and synchronize it with NTP: timedatectl set-ntp true.',
    )
  const difference = seconds <= 1 ? '' : ` to within ${seconds} seconds`
  return ok(name, `It matches Instagram’s${difference}.`)
}

const THERE = 'Redirect URI reachable'

/** Checks who answers at the redirect URI: this app, another server, or a redirect, which breaks logins. */
export async function checkOwnAddress(installation: Installation): Promise<Finding[]> {
  const { settings, certificate, config, names } = installation
  if (settings.redirectUri === undefined) return []
  const trusted = typeof certificate === 'string' ? certificate : undefined
  const answer = await reach(settings.redirectUri, installation, trusted)
  const url = new URL(settings.redirectUri)
  return [
    ...(certificate instanceof Error
      ? [wrong('Certificate', certificate.message, `Fix the file, or set ${names.https} to another.`)]
      : []),
    answer instanceof Error
      ? unknown(THERE, answer.message)
      : typeof answer === 'string'
        ? checkUnreached(answer, url, config.listening && names.https)
        : checkReached(answer, url, names.redirectUri),
  ]
}

function checkReached({ status, location }: Reached, url: URL, setting: string): Finding {
  const target = location === undefined ? null : URL.parse(location, url)
  if (status >= 300 && status < 400 && target)
    return wrong(
      THERE,
      `It redirects to ${target.origin}${target.pathname}, which is not the registered address.`,
      `Register that address and set ${setting} to it, or remove the redirect.`,
    )
  if (status === 404)
    return wrong(
      THERE,
      'Another server answers there, with status 404.',
      `Make the proxy in front pass ${url.pathname} on to this app.`,
    )
  if (status >= 500)
    return unknown(
      THERE,
      `The proxy in front answers with status ${status}.`,
      'Check that the app is running and that the proxy or tunnel forwards to it.',
    )
  if (status === 401 || status === 403)
    return unknown(
      THERE,
      `It answers with status ${status}: visitors may have to log in there first.`,
      `Allow everybody to open ${url.pathname}.`,
    )
  return ok(THERE, 'Yes, without further redirects.')
}

/** `httpsSetting`: the setting's name; `undefined` in a host app. */
function checkUnreached(fault: NetworkFault, url: URL, httpsSetting: string | undefined): Finding {
  if (fault === 'no_address')
    return wrong(THERE, `DNS lookup of ${url.hostname} failed.`, 'Check the spelling, and create a DNS record for it.')
  if (fault === 'untrusted' && isLoopback(url))
    return wrong(
      THERE,
      `No server with trusted https answers at ${url.host}.`,
      httpsSetting === undefined
        ? 'Check that your app serves https there. To trust its certificate here, set NODE_EXTRA_CA_CERTS.'
        : `Set ${httpsSetting}=self-signed and restart the app. To trust a certificate of your own here, set NODE_EXTRA_CA_CERTS.`,
    )
  if (fault === 'untrusted')
    return wrong(
      THERE,
      `The certificate of ${url.host} is not trusted: browsers show a warning.`,
      'Use a certificate that browsers trust, for example from Let’s Encrypt.',
    )
  return unknown(
    THERE,
    'No response on this machine.',
    'Start the app, then try again. If it is running, open the address from another network: it may only be unreachable from here.',
  )
}
