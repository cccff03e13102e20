import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Config } from '../settings/config.ts'
import { dataFolder } from '../storage/database.ts'
import { keptSecret } from '../storage/keptSecret.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** The longest for which Apple's systems accept a certificate that its user trusts. https://support.apple.com/103769 */
const LIFETIME_DAYS = 825

/** How a file is got: {@link keptSecret}, or `foundSecret`, which makes none. */
type Keep = (path: string, make: () => Promise<string>) => Promise<string | undefined>

/** What the app proves by https that it is. */
export interface Certificate {
  /** As PEM, with those of its issuers if the file has them. */
  cert: string
  /** Its private key, as PEM. */
  key: string
  /** SHA-256 in pairs of hexadecimal digits, as browsers show it. */
  fingerprint: string
}

/**
 * The certificate that `HTTPS` asks for; `undefined` where it asks for none, or none is kept and `keep` makes none.
 *
 * @throws Error in a sentence that names the file: it is missing or something else, the key is another's, or its time is over
 */
export async function certificateFor(
  { https, databaseUrl }: Pick<Config, 'https' | 'databaseUrl'>,
  now: Date,
  keep: Keep = keptSecret,
): Promise<Certificate | undefined> {
  if (!https) return undefined
  if (https === 'self-signed') return keptCertificate(dataFolder(databaseUrl), now, keep)
  const [cert, key] = [await contentOf(https.certificateFile), await contentOf(https.keyFile)]
  const certificate = certificateIn(cert, https.certificateFile)
  if (!certificate.checkPrivateKey(keyIn(key, https.keyFile)))
    throw new Error(
      `HTTPS: the key in ${https.keyFile} does not belong to the certificate in ${https.certificateFile}.`,
    )
  if (now > certificate.validToDate)
    throw new Error(`HTTPS: the certificate in ${https.certificateFile} expired on ${certificate.validTo}.`)
  if (now < certificate.validFromDate)
    throw new Error(
      `HTTPS: the certificate in ${https.certificateFile} is not valid before ${certificate.validFrom}.`,
    )
  return { cert, key, fingerprint: certificate.fingerprint256 }
}

/**
 * The certificate for localhost that is kept in the folder. Each has a file of its own, which is never replaced: so
 * processes that start at once, also when the last one has expired, get the same.
 */
async function keptCertificate(folder: string, now: Date, keep: Keep): Promise<Certificate | undefined> {
  for (let number = 1; ; number++) {
    const file = join(folder, `localhost-${number}.pem`)
    const pem = await keep(file, () => selfSigned(now))
    if (pem === undefined) return undefined
    const certificate = certificateIn(pem, file)
    if (!certificate.checkPrivateKey(keyIn(pem, file)))
      throw new Error(`The certificate in ${file} was changed.`)
    if (now <= certificate.validToDate)
      return { cert: pem, key: pem, fingerprint: certificate.fingerprint256 }
  }
}

/** A certificate and its key; what makes them is loaded only where it is wanted. */
async function selfSigned(now: Date): Promise<string> {
  const { generate } = await import('selfsigned')
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: now,
    notAfterDate: new Date(now.getTime() + LIFETIME_DAYS * DAY_MS),
    extensions: [
      // No authority: whoever trusts it trusts localhost, and nothing that its key might sign.
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: DNS_NAME, value: 'localhost' },
          { type: IP_ADDRESS, ip: '127.0.0.1' },
          { type: IP_ADDRESS, ip: '::1' },
        ],
      },
    ],
  })
  return `${cert.trim()}\n${key.trim()}`
}

// As X.509 numbers them (RFC 5280, section 4.2.1.6).
const DNS_NAME = 2
const IP_ADDRESS = 7

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new Error(`HTTPS names ${resolve(file)}, which ${missing ? 'is not there' : 'cannot be read'}.`, {
      cause,
    })
  }
}

function certificateIn(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new Error(`HTTPS: ${file} holds no certificate in PEM form.`, { cause })
  }
}

function keyIn(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new Error(`HTTPS: ${file} holds no private key in PEM form, or one with a passphrase.`, { cause })
  }
}
