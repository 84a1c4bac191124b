/** Runs commands of the toolchain and waits for them. */
import { spawn } from 'node:child_process'
import { root } from './workspace.mjs'

/**
 * npm passes its settings to child processes as environment variables. The checkout's .npmrc makes
 * npm silent; without this line, every npm started by a script would be silent too.
 */
delete process.env['npm_config_loglevel']

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] default: the repository's root
 * @property {Readonly<Record<string, string>>} [env] variables to add
 * @property {number} [limitMs] kills the command after this time and reports it as failed. Default: no limit.
 * @property {'inherit' | 'on failure'} [output] where stdout and stderr of the command go: to
 *   ours, or to stderr and only if the command fails (which keeps stdout free for data)
 */

/**
 * Runs a command and resolves with its exit code (1 when a signal ended it).
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<number>}
 * @throws {Error} when the command cannot be started at all
 */
export function run(command, args, options = {}) {
  const { cwd = root, output = 'inherit' } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...options.env },
      stdio: stdio(output),
      shell: process.platform === 'win32',
      timeout: options.limitMs,
    })
    /** @type {Buffer[]} */
    const held = []
    child.stdout?.on('data', (chunk) => held.push(chunk))
    child.stderr?.on('data', (chunk) => held.push(chunk))
    child.once('error', (cause) => reject(new Error(`${command} could not be started`, { cause })))
    child.once('close', (code) => {
      if (code !== 0) process.stderr.write(Buffer.concat(held))
      resolve(code ?? 1)
    })
  })
}

/**
 * @param {NonNullable<RunOptions['output']>} output
 * @returns {import('node:child_process').StdioOptions}
 */
function stdio(output) {
  if (output === 'inherit') return ['ignore', 'inherit', 'inherit']
  return ['ignore', 'pipe', 'pipe']
}
