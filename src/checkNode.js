import process from 'node:process'

// Runs first, so it uses only syntax that old versions of Node can parse.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`instagram-access-token needs Node 24.15 or newer; this is ${process.version}.\n`)
  process.exit(1)
}
