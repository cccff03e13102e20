import { UsageError } from '../commands/arguments.ts'

/**
 * The port that an option names; `undefined`: it is left out.
 *
 * @throws {UsageError}
 */
export function portIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65535)
    throw new UsageError('--port must be a whole number from 1 to 65535.')
  return port
}
