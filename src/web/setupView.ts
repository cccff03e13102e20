import { isLoopback } from '../doctor/loopback.ts'
import type { InstagramSettings } from '../instagram/client.ts'
import { addressOf } from './address.ts'
import type { Line } from '../doctor/line.ts'
import { type Moment, moment } from './moment.ts'
import type { Examination } from './setup.ts'

/** What is registered at Meta, or is to be. */
export interface Registration {
  settings: Pick<InstagramSettings, 'clientId' | 'redirectUri' | 'scopes'>
  /** Whether credentials are still missing, and the sandbox takes Instagram's place. */
  sandbox: boolean
  /** How the app listens; `undefined`: the app around it does. */
  listening:
    | {
        port: number
        /** `HTTPS` as it is set; `null` where the app itself does not speak https. */
        https: string | null
      }
    | undefined
}

/** The guide, with the values of this installation. */
export interface SetupView {
  /** To be copied into the dashboard's fields. */
  values: readonly {
    /** By which the page tells them apart. */
    id: string
    /** The field's name in the dashboard. */
    field: string
    /** What goes into it. */
    value: string
  }[]
  /** Whether Meta's servers cannot reach us, because only this machine can. */
  local: boolean
  /** Whether the values are by https though the app is set to http now. */
  becomesHttps: boolean
  /** What is asked for. */
  scopes: readonly string[]
  /** The settings to copy: a `.env`, with placeholders where a secret goes, or options as code writes them. */
  settings:
    | {
        /** The process has an environment of its own. */
        as: 'env'
        /** The whole file. */
        text: string
      }
    | {
        /** We are mounted in an app. */
        as: 'code'
        /** As a string literal. */
        clientId: string
        /** As a string literal. */
        redirectUri: string
        /** As a literal of an array. */
        scopes: string
      }
  /** What the doctor found last, if somebody has sent it. */
  examination: {
    /** What it looked at. */
    lines: readonly Line[]
    /** When it did. */
    at: Moment
  } | null
}

/** Everything that the guide shows at a moment. */
export function setupView(registration: Registration, found: Examination | undefined, now: Date): SetupView {
  const { settings, listening } = registration
  const address = new URL(settings.redirectUri)
  const local = isLoopback(address)
  const becomesHttps = local && address.protocol === 'http:'
  // As it is registered, letter by letter; Instagram does not take http for sure.
  const redirectUri = becomesHttps ? settings.redirectUri.replace(/^http:/i, 'https:') : settings.redirectUri
  const { url } = addressOf(redirectUri)
  return {
    values: [
      { id: 'redirect-uri', field: 'OAuth redirect URIs', value: redirectUri },
      { id: 'deauthorize', field: 'Deauthorize callback URL', value: `${url}/deauthorize` },
      { id: 'deletion', field: 'Data deletion request URL', value: `${url}/data-deletion` },
    ],
    local,
    becomesHttps,
    scopes: settings.scopes,
    settings: listening
      ? { as: 'env', text: environmentFile({ ...registration, listening }, redirectUri, becomesHttps) }
      : { as: 'code', ...code(registration, redirectUri) },
    examination: found ? { lines: found.lines, at: moment(found.at, now) } : null,
  }
}

function environmentFile(
  { settings, sandbox, listening: { https, port } }: Registration & { listening: object },
  redirectUri: string,
  becomesHttps: boolean,
): string {
  return [
    `INSTAGRAM_CLIENT_ID=${sandbox ? PLACEHOLDER : settings.clientId}`,
    'INSTAGRAM_CLIENT_SECRET=the Instagram app secret',
    `INSTAGRAM_REDIRECT_URI=${redirectUri}`,
    `INSTAGRAM_SCOPES=${settings.scopes.join(',')}`,
    ...(port === 3000 ? [] : [`PORT=${port}`]),
    ...(becomesHttps ? ['HTTPS=self-signed'] : https ? [`HTTPS=${https}`] : []),
  ].join('\n')
}

const PLACEHOLDER = 'the Instagram app ID'

function code({ settings, sandbox }: Registration, redirectUri: string) {
  return {
    clientId: quoted(sandbox ? PLACEHOLDER : settings.clientId),
    redirectUri: quoted(redirectUri),
    scopes: `[${settings.scopes.map(quoted).join(', ')}]`,
  }
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
