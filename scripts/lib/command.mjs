/** Runs the built `wattline` command in this very process, so that signals and exit codes are its own. */
import { pathToFileURL } from 'node:url'
import { cliPath } from './workspace.mjs'

const PARENT_CHECK_MS = 250

/**
 * Becomes `wattline ARGS`, in the folder from which npm was called.
 *
 * @param {readonly string[]} args
 */
export async function becomeWattline(args) {
  // Ours, for npm's sake (see .npmrc); a command that wattline runs should not inherit it.
  delete process.env['npm_config_loglevel']
  const callersFolder = process.env['INIT_CWD']
  if (callersFolder !== undefined) process.chdir(callersFolder)
  endWithParent()
  process.argv = [process.argv[0] ?? 'node', cliPath, ...args]
  await import(pathToFileURL(cliPath).href)
}

/**
 * npm runs a script in a shell and passes SIGTERM on to that shell only, which dies and leaves
 * us behind. So when our parent is gone, we give ourselves the signal that it kept.
 */
function endWithParent() {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, PARENT_CHECK_MS)
  timer.unref()
}

/**
 * Runs a script's main function; a failure is one sentence on stderr and exit code 1.
 *
 * @param {() => Promise<void>} main
 */
export async function runScript(main) {
  try {
    await main()
  } catch (error) {
    process.stderr.write(`wattline: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
