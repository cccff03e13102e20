import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Express } from 'express'

/** A view engine that takes its time: views are `<name>.slow`, and say who they are. */
function withEngine(host: Express): void {
  host.engine('slow', (path, options, done) => {
    void setImmediate().then(() => {
      if (path.includes('broken')) done(new Error('The template is broken'))
      else done(null, `The host’s page for ${String((options as { who: unknown }).who)}`)
    })
  })
  host.set('view engine', 'slow')
}

/** The folder of the host's views. */
export async function viewsOfHost() {
  const folder = await mkdtemp(join(tmpdir(), 'views-'))
  for (const name of ['connected', 'broken']) await writeFile(join(folder, `${name}.slow`), 'A file of the host')
  return {
    folder,
    before: (host: Express) => {
      withEngine(host)
      host.set('views', folder)
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}
