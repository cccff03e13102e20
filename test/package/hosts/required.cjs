const process = require('node:process')
const { ConfigError, instagram } = require('instagram-access-token')

try {
  instagram({})
} catch (error) {
  process.stdout.write(`${error instanceof ConfigError}: ${error.mistakes.join()}\n`)
}
