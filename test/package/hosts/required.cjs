const process = require('node:process')
const { ConfigError, readConfig } = require('instagram-access-token')

try {
  readConfig({ PORT: 'none' })
} catch (error) {
  process.stdout.write(`${error instanceof ConfigError}: ${error.mistakes.join()}\n`)
}
