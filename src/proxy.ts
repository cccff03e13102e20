import { Agent, type Dispatcher, EnvHttpProxyAgent, errors, Pool } from 'undici'
import type { ProxySettings } from './config.ts'
import { AppError } from './errors/errors.ts'

/** Always reached directly. */
const THIS_MACHINE = 'localhost,127.0.0.1,::1'

/**
 * Creates connections to other servers, through the proxies of the settings. A call by https fails with the `AppError` `proxy_failed` when its
 * proxy cannot be reached or refuses.
 */
export function createAgent(
  { httpProxy = '', httpsProxy = '', noProxy = '' }: ProxySettings,
  options: EnvHttpProxyAgent.Options = {},
): Dispatcher {
  if (!httpProxy && !httpsProxy) return new Agent(options)
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy,
    httpsProxy,
    noProxy: `${THIS_MACHINE},${noProxy}`,
    clientFactory: (proxy, connecting) => new ProxyPool(proxy, connecting),
  })
}

/** Connections to a proxy. Reports the proxy’s error with its host, which undici’s message does not contain. */
class ProxyPool extends Pool {
  readonly #host: string

  constructor(proxy: URL, options: Pool.Options) {
    super(proxy, options)
    this.#host = proxy.host
  }

  override async connect(options: Omit<Dispatcher.ConnectOptions, 'origin'>): Promise<Dispatcher.ConnectData> {
    const connected = await super.connect(options).catch((cause: unknown) => {
      throw new AppError('proxy_failed', { message: `The proxy ${this.#host} cannot be reached.`, cause })
    })
    const { statusCode, socket } = connected
    if (statusCode === 200) return connected
    socket.destroy()
    const message = `The proxy ${this.#host} answered ${statusCode} to CONNECT ${options.path}.`
    throw new AppError('proxy_failed', { message })
  }
}

/** An error of a call without the bytes that undici's parser could not read: a secret may be in them. */
export function withoutData(error: unknown): unknown {
  return error instanceof errors.HTTPParserError ? Object.assign(error, { data: undefined }) : error
}
