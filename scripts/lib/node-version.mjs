/** Checks the version of Node first, because an old Node fails later with misleading errors. */

const NEEDED = [20, 19]

/** Ends the process with exit code 1 when this Node is older than the toolchain needs. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [neededMajor = 0, neededMinor = 0] = NEEDED
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return
  process.stderr.write(
    `Wattline needs Node ${NEEDED.join('.')} or newer and this is ${process.versions.node}: ` +
      'install a current Node from https://nodejs.org and try again.\n',
  )
  process.exit(1)
}
