import type { Installation } from './installation.ts'
import { type Line, ok, unknown, wrong } from './line.ts'
import { isLoopback } from './loopback.ts'
import { reach, type Reached, type Trouble } from './reach.ts'

const FORM = 'Redirect URI'
const THERE = 'What answers there'
const SELF_SIGNED = 'Set HTTPS=self-signed, and register and set the address with https://.'
const HOST_BY_HTTPS =
  'Have your app speak https on this machine, or put a tunnel in front of it; register and set the address with https://.'

type Asked = Pick<Installation, 'sandbox' | 'settings' | 'port' | 'https' | 'certificate' | 'now'>

/** What the redirect URI itself tells. Whether it is registered, nothing but a login tells. */
export function checkRedirectUri({
  sandbox,
  settings,
  port,
  https,
}: Omit<Asked, 'certificate' | 'now'>): Line[] {
  if (settings.redirectUri === undefined) return []
  const { protocol, hostname, pathname, port: named } = new URL(settings.redirectUri)
  const here = isLoopback({ hostname })
  if (sandbox) return [ok(FORM, 'The sandbox takes it as it is.')]
  if (protocol === 'http:')
    return [
      here
        ? unknown(
            FORM,
            'It is http. Instagram wants https; whether it takes http on localhost is not confirmed.',
            port === undefined ? HOST_BY_HTTPS : SELF_SIGNED,
          )
        : wrong(
            FORM,
            'It is http, and Instagram wants https.',
            'Put https in front of the app, and register and set the address with https://.',
          ),
    ]
  if (here && !https && port !== undefined && (named || '443') === String(port))
    return [
      wrong(
        FORM,
        `It says https on this machine’s port ${port}, where the app speaks http: the browser cannot come back.`,
        'Set HTTPS=self-signed, or HTTPS=cert.pem,key.pem.',
      ),
    ]
  return [
    ok(
      FORM,
      pathname.endsWith('/')
        ? 'It ends in a slash, and must be registered with it.'
        : 'Its form is right. It must be registered letter by letter; the dashboard may have added a slash at the end.',
    ),
  ]
}

/** What a visitor of the redirect URI meets: this app, something else, or a redirect, by which no login comes to its end. */
export async function checkOwnAddress(installation: Asked): Promise<Line[]> {
  const { redirectUri } = installation.settings
  if (redirectUri === undefined) return []
  const { certificate, now } = installation
  const trusted = typeof certificate === 'string' ? certificate : undefined
  const answer = await reach(redirectUri, { now, trusted })
  return [
    ...(certificate instanceof Error
      ? [wrong('Certificate', certificate.message, 'Mend the file, or set HTTPS to another.')]
      : []),
    typeof answer === 'string'
      ? troubleLine(answer, new URL(redirectUri), installation.port === undefined)
      : answerLine(answer, redirectUri),
  ]
}

function answerLine({ status, location }: Reached, redirectUri: string): Line {
  const target = location === undefined ? undefined : URL.parse(location, redirectUri)
  if (status >= 300 && status < 400 && target)
    return wrong(
      THERE,
      `It sends visitors on to ${target.origin}${target.pathname}, so that people come back to another address than the registered one.`,
      'Register that address, and set INSTAGRAM_REDIRECT_URI to it; or stop the redirect.',
    )
  if (status === 404)
    return wrong(
      THERE,
      'Something answers 404 there, and it is not this app.',
      `Make whatever is in front pass ${new URL(redirectUri).pathname} on to this app.`,
    )
  if (status >= 500)
    return unknown(
      THERE,
      `Whatever is in front answers ${status}.`,
      'See that the app is running and that the proxy or tunnel leads to it.',
    )
  if (status === 401 || status === 403)
    return unknown(
      THERE,
      `It answers ${status}: visitors may have to log in there first.`,
      `Let everybody through to ${new URL(redirectUri).pathname}.`,
    )
  return ok(THERE, 'It answers, and sends nobody elsewhere.')
}

function troubleLine(trouble: Trouble, { hostname, host }: URL, isMounted: boolean): Line {
  if (trouble === 'no_address')
    return wrong(
      THERE,
      `The name ${hostname} leads to no address.`,
      'See that it is spelled right, and make a DNS entry for it.',
    )
  if (trouble === 'untrusted')
    return isLoopback({ hostname })
      ? wrong(
          THERE,
          `No https that can be trusted answers at ${host}.`,
          isMounted
            ? 'See that your app speaks https there; to see its certificate here, set NODE_EXTRA_CA_CERTS.'
            : 'Set HTTPS=self-signed and start the app again; with a certificate of your own, set NODE_EXTRA_CA_CERTS to see it here.',
        )
      : wrong(
          THERE,
          `The certificate of ${host} is not trusted: browsers stop there.`,
          'Get one that browsers trust, such as Let’s Encrypt’s.',
        )
  return unknown(
    THERE,
    'Nothing answers from here.',
    'Start the app, and do this again. If it is running, see whether others reach the address: this machine may not.',
  )
}
