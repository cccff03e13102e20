import { startSandbox } from '../../src/sandbox/server.ts'
import { person } from '../support/person.ts'
import { freePort } from '../support/place.ts'
import { CLIENT_ID, CLIENT_SECRET, variablesOf } from '../support/world.ts'
import type { Project } from './project.ts'

/** Starts a program of another project with our sandbox instead of Instagram, and logs in. */
export async function loginWith(project: Project, node: string, program: string) {
  await using ending = new AsyncDisposableStack()
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const redirectUri = `${origin}/instagram/response`
  const app = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUris: [redirectUri] }
  const sandbox = ending.adopt(await startSandbox({ port: 0, app }), (started) => started.close())
  const { errors } = ending.use(
    await project.start(node, program, {
      PORT: String(port),
      ...variablesOf(sandbox, redirectUri),
    }),
  )

  const somebody = person({ origin })
  const begun = await somebody.get('/instagram/login')
  const callback = await somebody.authorize(begun.headers['location'] ?? 'none')
  const { text: page } = await somebody.get(callback)
  const { text: own } = await somebody.get('/own')
  const { status: style } = await somebody.get('/instagram/assets/style.css')
  return { page, own, style, errors: errors() }
}
