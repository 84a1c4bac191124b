/** Runs the built `wattline` command inside this process, so that signals and exit codes pass through. */
import { pathToFileURL } from 'node:url'
import { cliPath } from './workspace.mjs'

const PARENT_CHECK_MS = 250

/**
 * Runs `wattline ARGS` in the folder from which npm was called.
 *
 * @param {readonly string[]} args
 */
export async function becomeWattline(args) {
  // Set by the checkout's .npmrc; commands started by wattline must not inherit it.
  delete process.env['npm_config_loglevel']
  const callersFolder = process.env['INIT_CWD']
  if (callersFolder !== undefined) process.chdir(callersFolder)
  endWithParent()
  process.argv = [process.argv[0] ?? 'node', cliPath, ...args]
  await import(pathToFileURL(cliPath).href)
}

/**
 * Ends this process when its parent ends. npm runs a script in a shell and passes SIGTERM only to
 * that shell, which dies without passing it on.
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
 * Runs a script's main function. An error is printed as one line on stderr; the exit code is 1.
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
