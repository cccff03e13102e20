import { parseArgs, type ParseArgsConfig } from 'node:util'

/** A command is not understood: why, in a sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * What stands behind a command, as `parseArgs` reads it.
 *
 * @throws {UsageError}
 */
export function argumentsIn<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
