import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { examine } from '../../src/doctor/examine.ts'
import type { Line } from '../../src/doctor/line.ts'
import { findInstallation } from '../../src/commands/installation.ts'
import { SESSION_SECRET, startWorld, variablesOf, type World } from '../support/world.ts'

export const TOKEN_KEYS = `k1:${Buffer.alloc(32, 11).toString('base64')}`

type Environment = Record<string, string>

/** An app in its world, and the doctor who examines it from its settings. */
interface Patient extends AsyncDisposable {
  world: World
  /** Settings of an app that is well, but for what no setting of the sandbox's can be. */
  environment: Environment
  /** Every line of an examination with these settings changed; an empty one is unset. */
  examine(change?: Environment, now?: () => Date): Promise<Line[]>
}

/** Starts an app that is well. */
export async function startPatient(): Promise<Patient> {
  const world = await startWorld({ TOKEN_KEYS })
  const environment = {
    ...variablesOf(world.sandbox, `${world.origin}/response`),
    DATABASE_URL: `file:${world.databaseFile}`,
    SESSION_SECRETS: SESSION_SECRET,
    TOKEN_KEYS,
    PORT: new URL(world.origin).port,
  }
  return {
    world,
    environment,
    async examine(change = {}, now = () => new Date()) {
      await using installation = await findInstallation({ ...environment, ...change }, now)
      return await examine(installation)
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

/** The lines with this name, without it. */
export function linesOn(name: string, lines: readonly Line[]): Omit<Line, 'name'>[] {
  return lines
    .filter((line) => line.name === name)
    .map(({ outcome, says, fix }) => ({ outcome, says, ...(fix !== undefined && { fix }) }))
}

/** What is wrong: the names of these lines. */
export function wrongIn(lines: readonly Line[]): string[] {
  return lines.filter(({ outcome }) => outcome === 'wrong').map(({ name }) => name)
}

/** A server that answers so until the test ends. Returns its origin. */
export async function startServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
