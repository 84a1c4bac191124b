/** Runs the built `wattline` command in this very process, so that signals and exit codes are its own. */
import { pathToFileURL } from 'node:url'
import { cliPath } from './workspace.mjs'

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
  process.argv = [process.argv[0] ?? 'node', cliPath, ...args]
  await import(pathToFileURL(cliPath).href)
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
