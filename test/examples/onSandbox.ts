import { subscribe } from 'node:diagnostics_channel'
import { registerHooks } from 'node:module'
import type { AddressInfo, Server } from 'node:net'

// For a program of the documentation: it gets the package with a sandbox instead of Instagram, and says when it listens.
const PACKAGE = new URL('packageOnSandbox.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'instagram-access-token' ? PACKAGE : specifier, context),
})

// A sandbox that the program starts listens too, at another port.
subscribe('tracing:net.server.listen:asyncEnd', (message) => {
  const { port } = (message as { server: Server }).server.address() as AddressInfo
  if (String(port) === process.env['PORT']) console.log('Ready')
})
