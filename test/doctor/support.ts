import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, expect, onTestFinished } from 'vitest'
import { doctor } from '../../src/cli/doctor.ts'
import { ExitError } from '../../src/cli/terminal.ts'
import type { Finding } from '../../src/doctor/doctor.ts'
import { SESSION_SECRET, startWorld, variablesOf, type World } from '../support/world.ts'

export const TOKEN_KEYS = `k1:${Buffer.from('a key of the tests with 32 bytes').toString('base64')}`

type Environment = Record<string, string>

/** A running app, and the doctor that examines it by its environment. */
interface Site extends AsyncDisposable {
  world: World
  environment: Environment
  /** Runs `npm run doctor -- --json` with these variables changed; an empty one is unset. `online`: reads this changelog too. */
  examine(change?: Environment, online?: string): Promise<Finding[]>
}

export async function startSite(): Promise<Site> {
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
    examine: (change = {}, online) => runDoctor({ ...environment, ...change }, online),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

/** Starts a site for all tests of a file that leave it as it was. */
export async function sharedSite(): Promise<Site> {
  const site = await startSite()
  afterAll(() => site[Symbol.asyncDispose]())
  return site
}

async function runDoctor(environment: Environment, online?: string): Promise<Finding[]> {
  const [input, output, messages] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const terminal = { environment, input, output, messages, isProject: true }
  const status = await doctor(
    { json: true, ...(online && { online }) },
    terminal as unknown as Parameters<typeof doctor>[1],
  ).then(
    () => 0,
    (error: unknown) => {
      if (error instanceof ExitError) return error.status
      throw error
    },
  )
  output.end()
  const { wrong, lines } = JSON.parse(await text(output)) as { wrong: number; lines: Finding[] }
  expect(lines.filter(({ outcome }) => outcome === 'wrong')).toHaveLength(wrong)
  expect(status).toBe(wrong > 0 ? 1 : 0)
  return lines
}

/** The findings with this name, without it. */
export function findingsOn(name: string, findings: readonly Finding[]): Omit<Finding, 'name'>[] {
  return findings
    .filter((finding) => finding.name === name)
    .map(({ outcome, says, fix }) => ({ outcome, says, ...(fix !== undefined && { fix }) }))
}

/** Starts a server that answers all requests like this until the test ends. Returns its origin. */
export async function startServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
