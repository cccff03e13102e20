import { ConfigError } from '../settings/config.ts'
import type { Log } from '../host/hostLog.ts'
import type { AccessOptions } from '../host/options.ts'
import { VARIABLES } from '../login/optionNames.ts'
import { type Environment, isProduction } from '../settings/survey.ts'

/** An environment as options: unlike the web app's settings, with a redirect URI of any path. `warn` is told what goes wrong beside. */
export function accessOptions(environment: Environment, warn: (words: string) => void): AccessOptions {
  const read = Object.fromEntries(
    Object.entries(VARIABLES).map(([option, variable]) => [option, environment[variable]]),
  ) as Record<keyof typeof VARIABLES, string | undefined>
  const { WEBHOOK_URL: url, WEBHOOK_SECRETS: secrets } = environment
  return {
    ...read,
    ...(url?.trim() && { webhook: { url, secrets } }),
    production: isProduction(environment),
    log: logTo(warn),
    upkeep: false,
  }
}

/**
 * Does something with options, and names the variables where they are wrong.
 *
 * @throws {ConfigError}
 */
export async function namingVariables<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const names: Readonly<Record<string, string>> = VARIABLES
    throw new ConfigError(
      error.mistakes.map((mistake) => mistake.replace(/^\w+/, (option) => names[option] ?? option)),
    )
  }
}

/** What happened, and what helps. */
function logTo(warn: (words: string) => void): Log {
  const tell = (details: object, message: string) => {
    warn('fix' in details && typeof details.fix === 'string' ? `${message}\n  → ${details.fix}` : message)
  }
  const keepQuiet = () => undefined
  return { debug: keepQuiet, info: keepQuiet, warn: tell, error: tell }
}
