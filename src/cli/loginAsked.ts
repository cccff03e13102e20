import { argumentsIn } from '../commands/arguments.ts'
import type { Environment } from '../settings/survey.ts'
import { type Delivery, DELIVERY_OPTIONS, deliveryIn } from './delivery.ts'
import { portIn } from './port.ts'
import { isAttended, type Terminal } from './terminal.ts'
import { withRedirectUri, withUserDatabase } from './userEnvironment.ts'

/** How a login is wanted. */
interface LoginAsked {
  /** Variables, with the options laid over them, and a redirect URI. */
  environment: Environment
  /** Whether a stand-in plays Instagram. */
  isSandbox: boolean
  /** Whether the browser is opened. */
  opens: boolean
  delivery: Delivery
}

/**
 * Reads what stands behind the command.
 *
 * @throws {UsageError}
 */
export function loginAsked(args: readonly string[], terminal: Terminal): LoginAsked {
  const { values } = argumentsIn({
    args: [...args],
    options: {
      ...DELIVERY_OPTIONS,
      'client-id': { type: 'string' },
      'client-secret': { type: 'string' },
      'redirect-uri': { type: 'string' },
      scopes: { type: 'string' },
      port: { type: 'string' },
      'no-open': { type: 'boolean', default: false },
      sandbox: { type: 'boolean', default: false },
    },
  })
  const { sandbox: isSandbox, scopes = terminal.environment['INSTAGRAM_SCOPES'] } = values
  const port = portIn(values.port)
  // The sandbox takes whatever is free; it knows no app but its own.
  const environment = isSandbox
    ? { INSTAGRAM_REDIRECT_URI: values['redirect-uri'] ?? `https://localhost:${port ?? 0}/response` }
    : withUserDatabase({
        ...terminal.environment,
        ...given('INSTAGRAM_CLIENT_ID', values['client-id']),
        ...given('INSTAGRAM_CLIENT_SECRET', values['client-secret']),
        ...given('INSTAGRAM_REDIRECT_URI', values['redirect-uri']),
        ...given('PORT', port?.toString()),
      })
  return {
    environment: withRedirectUri({ ...environment, ...given('INSTAGRAM_SCOPES', scopes) }),
    isSandbox,
    opens: isAttended(terminal) && !values['no-open'],
    delivery: deliveryIn(values),
  }
}

function given(name: string, value: string | undefined): Environment {
  return value === undefined ? {} : { [name]: value }
}
