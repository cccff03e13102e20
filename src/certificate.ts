import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from './config.ts'
import { dataFolder } from './databaseUrl.ts'
import { DAY_MS } from './facts.ts'
import { readStoredSecret, storeSecret } from './secrets.ts'

/** Apple's systems accept no longer lifetime of a certificate that the user trusts. @see https://support.apple.com/103769 */
const LIFETIME_MS = 825 * DAY_MS

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
export async function certificateFor(
  { listening, databaseUrl }: Pick<Config, 'listening' | 'databaseUrl'>,
  now: Date,
  { create = true }: { create?: boolean } = {},
): Promise<Certificate | undefined> {
  const https = listening?.https
  if (!https) return undefined
  if (https === 'self-signed') return localhostCertificate(dataFolder(databaseUrl), now, create)
  const { certificateFile, keyFile } = https
  const [cert, key] = [contentOf(certificateFile), contentOf(keyFile)]
  const mismatch = `HTTPS: the key in ${keyFile} does not belong to the certificate in ${certificateFile}.`
  const certificate = checkPair(cert, certificateFile, key, keyFile, mismatch)
  if (now > certificate.validToDate)
    throw new Error(`HTTPS: the certificate in ${certificateFile} expired on ${certificate.validTo}.`)
  if (now < certificate.validFromDate)
    throw new Error(
      `HTTPS: the certificate in ${certificateFile} is not valid before ${certificate.validFrom}.`,
    )
  return { cert, key, fingerprint: certificate.fingerprint256 }
}

/** The stored certificate for localhost. A new one gets a new file, so that processes that start at once use the same. */
async function localhostCertificate(
  folder: string,
  now: Date,
  create: boolean,
): Promise<Certificate | undefined> {
  for (let number = 1; ; number++) {
    const file = join(folder, `localhost-${number}.pem`)
    const pem = readStoredSecret(file) ?? (create ? storeSecret(file, await selfSigned(now)) : undefined)
    if (pem === undefined) return undefined
    const certificate = checkPair(pem, file, pem, file, `The certificate in ${file} was changed.`)
    if (now <= certificate.validToDate)
      return { cert: pem, key: pem, fingerprint: certificate.fingerprint256 }
  }
}

async function selfSigned(now: Date): Promise<string> {
  const { generate } = await import('selfsigned')
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: now,
    notAfterDate: new Date(now.getTime() + LIFETIME_MS),
    extensions: [
      // No certificate authority: trusting it must not mean to trust what its key might sign.
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        // DNS names are type 2 and addresses type 7. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  return `${cert.trim()}\n${key.trim()}`
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new Error(`HTTPS names ${resolve(file)}, which ${isMissing ? 'is not there' : 'cannot be read'}.`, {
      cause,
    })
  }
}

function checkPair(
  cert: string,
  certificateFile: string,
  key: string,
  keyFile: string,
  otherwise: string,
): X509Certificate {
  let certificate: X509Certificate | undefined
  try {
    certificate = new X509Certificate(cert)
    if (certificate.checkPrivateKey(createPrivateKey(key))) return certificate
  } catch (cause) {
    if (!certificate)
      throw new Error(`HTTPS: ${certificateFile} holds no certificate in PEM form.`, { cause })
    throw new Error(`HTTPS: ${keyFile} holds no private key in PEM form, or one with a passphrase.`, {
      cause,
    })
  }
  throw new Error(otherwise)
}
