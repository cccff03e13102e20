import type { ServerOptions } from 'node:http'

/**
 * What a connection may cost. Whoever sends more is answered 431, whoever sends more slowly 408, and cut off; bodies are
 * limited where they are read.
 */
export const SERVER_LIMITS = {
  /** Bytes of all headers together. */
  maxHeaderSize: 16 * 1024,
  /** Milliseconds from the first byte, or the connection, to the end of the headers. */
  headersTimeout: 15_000,
  /** Milliseconds to the last byte of the body, of which no request of ours has more than 16 kB. */
  requestTimeout: 30_000,
  /** Milliseconds between requests; longer than the minute of most load balancers, which must be the first to hang up. */
  keepAliveTimeout: 65_000,
  /** Milliseconds between two looks at who is late. */
  connectionsCheckingInterval: 5_000,
} satisfies ServerOptions
