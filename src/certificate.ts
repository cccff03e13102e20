import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from './config.ts'
import { dataFolder } from './databaseUrl.ts'
import { fileProblem } from './errors/files.ts'
import { DAY_MS } from './facts.ts'
import { readStoredSecret, storeSecret } from './secrets.ts'

/** Apple's systems accept no longer lifetime of a certificate that the user trusts. @see https://support.apple.com/103769 */
const LIFETIME_MS = 825 * DAY_MS

/** A TLS certificate with its key, both as PEM. */
export interface Certificate {
  cert: string
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
  if (https !== 'self-signed') {
    const { certificateFile, keyFile } = https
    const [cert, key] = [contentOf(certificateFile), contentOf(keyFile)]
    const { validFromDate, validToDate, fingerprint256 } = checkPair(cert, certificateFile, key, keyFile)
    const name = `HTTPS: the certificate in ${certificateFile}`
    if (now > validToDate) throw new Error(`${name} expired on ${day(validToDate)}.`)
    if (now < validFromDate) throw new Error(`${name} is not valid before ${day(validFromDate)}.`)
    return { cert, key, fingerprint: fingerprint256 }
  }
  // A new certificate gets a new file, so that processes that start at once use the same.
  for (let number = 1; ; number++) {
    const file = join(dataFolder(databaseUrl), `localhost-${number}.pem`)
    const pem = readStoredSecret(file) ?? (create ? storeSecret(file, await selfSigned(now)) : undefined)
    if (pem === undefined) return undefined
    const { validToDate, fingerprint256 } = checkPair(pem, file, pem, file)
    if (now <= validToDate) return { cert: pem, key: pem, fingerprint: fingerprint256 }
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
      // DNS names are type 2 and addresses type 7. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6
      {
        name: 'subjectAltName',
        altNames: [{ type: 2, value: 'localhost' }, ...['127.0.0.1', '::1'].map((ip) => ({ type: 7 as const, ip }))],
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
    const problem = isMissing ? 'does not exist' : `cannot be read: ${fileProblem(cause)}`
    throw new Error(`HTTPS names ${resolve(file)}, which ${problem}.`, { cause })
  }
}

/** The certificate, if the key is its own. */
function checkPair(cert: string, certificateFile: string, key: string, keyFile: string): X509Certificate {
  let certificate: X509Certificate | undefined
  let isPair: boolean
  try {
    certificate = new X509Certificate(cert)
    isPair = certificate.checkPrivateKey(createPrivateKey(key))
  } catch (cause) {
    const [file, content] = certificate
      ? [keyFile, 'private key in PEM form, or one with a passphrase']
      : [certificateFile, 'certificate in PEM form']
    throw new Error(`HTTPS: ${file} holds no ${content}.`, { cause })
  }
  if (!isPair) throw new Error(`HTTPS: the key in ${keyFile} does not belong to the certificate in ${certificateFile}.`)
  return certificate
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
