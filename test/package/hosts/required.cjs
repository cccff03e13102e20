const process = require('node:process')
const { ConfigError, createInstagram } = require('instagram-access-token')

try {
  createInstagram({})
} catch (error) {
  process.stdout.write(`${error instanceof ConfigError}: ${error.mistakes.join()}\n`)
}
