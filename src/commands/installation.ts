import { certificateFor } from '../process/certificate.ts'
import { configOf } from '../settings/config.ts'
import type { Had, Installation } from '../doctor/installation.ts'
import { type Variables, variables } from '../settings/environment.ts'
import { createInstagram, type InstagramSettings } from '../instagram/client.ts'
import { sessionSecretsOf, tokenKeysOf } from '../settings/secrets.ts'
import { openAsFound } from '../storage/database.ts'
import { foundSecret } from '../storage/keptSecret.ts'
import { type Environment, survey } from '../settings/survey.ts'

/** An installation as it is found, whether or not the app runs; to be closed again. Makes no file, no key and no table. `known`: as for `survey`. */
export async function findInstallation(
  environment: Environment,
  now: () => Date,
  known?: typeof variables,
): Promise<Installation & AsyncDisposable> {
  const found = survey(environment, known)
  const { env, unreadable } = found
  const config = configOf(found)
  const anyCredential = CREDENTIALS.some((name) => environment[name]?.trim())
  const sandbox = !anyCredential && !found.production
  const settings = sandbox || !config.sandbox ? config.instagram : readableSettings(env)
  const instagram = isComplete(settings) ? createInstagram(settings, now) : undefined
  const database = unreadable.has('DATABASE_URL')
    ? undefined
    : await had(async () => (await openAsFound(config.databaseUrl)) ?? ('none yet' as const))
  const unless = <Thing>(name: string, get: () => Promise<Thing>) =>
    unreadable.has(name) || unreadable.has('DATABASE_URL') ? undefined : had(get)

  return {
    sandbox,
    written: Object.fromEntries(Object.keys(variables.shape).map((name) => [name, environment[name]])),
    mistakes: found.mistakes,
    settings,
    instagram,
    port: config.port,
    https: config.https !== undefined,
    certificate: await unless('HTTPS', async () => (await certificateFor(config, now(), foundSecret))?.cert),
    database,
    tokenKeys: await unless('TOKEN_KEYS', () => tokenKeysOf(config, foundSecret)),
    sessionSecrets: await unless('SESSION_SECRETS', () => sessionSecretsOf(config, foundSecret)),
    now,
    async [Symbol.asyncDispose]() {
      await instagram?.close()
      if (typeof database === 'object' && 'close' in database) await database.close()
    },
  }
}

const CREDENTIALS = ['INSTAGRAM_CLIENT_ID', 'INSTAGRAM_CLIENT_SECRET', 'INSTAGRAM_REDIRECT_URI'] as const

/** With some of the credentials missing, or none that can be read. */
function readableSettings(env: Variables): Partial<InstagramSettings> {
  const { INSTAGRAM_CLIENT_ID: id, INSTAGRAM_CLIENT_SECRET: secret, INSTAGRAM_REDIRECT_URI: uri } = env
  return {
    ...(id && { clientId: id }),
    ...(secret && { clientSecret: secret }),
    ...(uri && { redirectUri: uri }),
    scopes: env.INSTAGRAM_SCOPES,
    authorizeUrl: env.INSTAGRAM_AUTHORIZE_URL,
    tokenUrl: env.INSTAGRAM_TOKEN_URL,
    graphUrl: env.INSTAGRAM_GRAPH_URL,
    graphVersion: env.INSTAGRAM_GRAPH_VERSION,
  }
}

function isComplete(settings: Partial<InstagramSettings>): settings is InstagramSettings {
  return 'clientId' in settings && 'clientSecret' in settings && 'redirectUri' in settings
}

async function had<Thing>(get: () => Promise<Thing>): Promise<Had<Thing>> {
  try {
    return await get()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
