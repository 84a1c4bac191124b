/** Runs commands of the tool chain and waits for them. */
import { spawn } from 'node:child_process'
import { root } from './workspace.mjs'

/**
 * npm hands its own settings down as variables. Ours asks npm to be silent (see .npmrc), which
 * must not silence what runs below it.
 */
delete process.env['npm_config_loglevel']

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] default: the repository's root
 * @property {Readonly<Record<string, string>>} [env] variables to add
 * @property {number} [limitMs] ends it after that time, as failed. Default: no limit.
 * @property {'inherit' | 'on failure'} [output] where its two streams go: to ours, or to
 *   stderr only if it fails (which keeps stdout free for data)
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
