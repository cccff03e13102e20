import { subscribe } from 'node:diagnostics_channel'
import { registerHooks } from 'node:module'

// For a program of the documentation: it gets the package with a sandbox instead of Instagram, and says when it listens.
const PACKAGE = new URL('packageOnSandbox.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'instagram-access-token' ? PACKAGE : specifier, context),
})

subscribe('tracing:net.server.listen:asyncEnd', () => {
  console.log('Ready')
})
