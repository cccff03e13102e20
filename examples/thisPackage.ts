import { registerHooks } from 'node:module'

/** In this repository instagram-access-token is not installed: it is `src`. */
const SOURCE = new URL('../src/index.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'instagram-access-token' ? next(SOURCE, context) : next(specifier, context),
})
