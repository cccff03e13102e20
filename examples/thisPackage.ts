import { registerHooks } from 'node:module'

/** In here instagram-access-token is not installed: it is what is in `src`. */
const SOURCE = new URL('../src/index.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'instagram-access-token' ? next(SOURCE, context) : next(specifier, context),
})
