import { createInstagram as create, type InstagramOptions } from '../../src/index.ts'

export * from '../../src/index.ts'

/** The package's, but the environment can say where Instagram is. */
export function createInstagram(options: InstagramOptions) {
  const { AUTHORIZE_URL: authorizeUrl, TOKEN_URL: tokenUrl, GRAPH_URL: graphUrl } = process.env
  return create(authorizeUrl === undefined ? options : { ...options, authorizeUrl, tokenUrl, graphUrl })
}
