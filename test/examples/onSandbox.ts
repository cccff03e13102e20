import { subscribe } from 'node:diagnostics_channel'
import { registerHooks } from 'node:module'

// For a program that is printed somewhere, and knows nothing of tests: it gets the package with a sandbox in Instagram's place, and whoever
// waits for it is told when it listens.
const PACKAGE = new URL('packageOnSandbox.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'instagram-access-token' ? PACKAGE : specifier, context),
})

subscribe('tracing:net.server.listen:asyncEnd', () => {
  console.log('Ready')
})
