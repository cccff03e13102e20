import type { Config } from './config.ts'

/** A TLS certificate with its key. */
export interface Certificate {
  /** PEM, with the issuers' certificates if the file has them. */
  cert: string
  /** The private key as PEM. */
  key: string
  /** SHA-256 as browsers show it. */
  fingerprint: string
}

/**
 * The certificate that the setting HTTPS asks for; `undefined` if it asks for none, or if none exists and `create` is false.
 *
 * @throws Error in a sentence that names the file: missing, invalid, expired, or the key of another certificate
 */
export function certificateFor(
  config: Pick<Config, 'listening' | 'databaseUrl'>,
  now: Date,
  { create = true }: { create?: boolean } = {},
): Promise<Certificate | undefined> {
  throw new Error(`not yet ${String(config)} ${String(now)} ${String(create)}`)
}
