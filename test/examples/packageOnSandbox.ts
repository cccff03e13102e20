import { instagram as mount, type InstagramOptions, type InstagramRouter } from '../../src/index.ts'

export * from '../../src/index.ts'

/** As it is in the package, but for where Instagram is: the environment says that here. */
export function instagram(options: InstagramOptions): InstagramRouter {
  const { AUTHORIZE_URL: authorizeUrl, TOKEN_URL: tokenUrl, GRAPH_URL: graphUrl } = process.env
  return mount({ ...options, authorizeUrl, tokenUrl, graphUrl })
}
