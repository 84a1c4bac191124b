/** Runs the steps of `npm test` and `npm run test:slow` in order and counts their tests. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { run } from './child.mjs'
import { cachePath, root } from './workspace.mjs'

/** Time limit for one step: a step that hangs fails under its own name. */
const HUNG_MS = 8 * 60_000

/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {readonly string[]} skipped names of the skipped tests, with the reason when known
 */

/**
 * @typedef {object} Step
 * @property {string} name the name for `--only`
 * @property {string} title what the step checks, for the header
 * @property {() => Promise<Count>} run
 */

/**
 * Creates a step from one command. It counts as one test, which passes when the exit code is 0.
 *
 * @param {string} name
 * @param {string} title
 * @param {readonly string[]} command a tool and its arguments; the tool is `node`, `python3` or a
 *   command of node_modules/.bin
 * @returns {Step}
 */
export function commandStep(name, title, [tool = '', ...args]) {
  const command = toolPath(tool)
  return {
    name,
    title,
    run: async () => outcome((await run(command, args, { limitMs: HUNG_MS })) === 0),
  }
}

/**
 * Creates a step from a function. It counts as one test, which fails when the function throws.
 *
 * @param {string} name
 * @param {string} title
 * @param {() => void | Promise<void>} check
 * @returns {Step}
 */
export function checkStep(name, title, check) {
  return {
    name,
    title,
    async run() {
      try {
        await check()
        return outcome(true)
      } catch (error) {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
        return outcome(false)
      }
    },
  }
}

/**
 * Skips a step, and reports it as skipped, when the machine lacks a command.
 *
 * @param {Step} step
 * @param {string} command
 * @returns {Step}
 */
export function stepWith(step, command) {
  return {
    ...step,
    async run() {
      if (spawnSync(command, ['--version']).status === 0) return step.run()
      return { passed: 0, failed: 0, skipped: [`${step.title} (${command} is not installed)`] }
    },
  }
}

/**
 * Creates a step from a vitest project. Each test of the project counts as one.
 *
 * @param {string} project
 * @param {string} title
 * @param {{ name?: string, args?: readonly string[], env?: Readonly<Record<string, string>> }} [options]
 *   `name`: default `project`; `args`: arguments for vitest; `env`: variables to add
 * @returns {Step}
 */
export function vitestStep(project, title, { name = project, args = [], env = {} } = {}) {
  const report = path.join(cachePath, 'test', `${name}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  return {
    name,
    title,
    async run() {
      mkdirSync(path.dirname(report), { recursive: true })
      rmSync(report, { force: true })
      const command = ['run', '--project', project, ...reporters, ...args]
      const status = await run(toolPath('vitest'), command, { limitMs: HUNG_MS, env })
      return countOf(report, status)
    },
  }
}

/**
 * Runs steps in order and stops at the first one that fails. Prints, as the last lines, the names
 * of the skipped tests, the command that repeats the failed step, and `N passed, M failed`. Sets
 * the exit code of the process.
 *
 * @param {readonly Step[]} steps
 * @param {string} command the npm command that runs these steps, for the repeat line
 */
export async function runSteps(steps, command) {
  let passed = 0
  let failed = 0
  /** @type {string[]} */
  const skipped = []
  for (const [index, step] of steps.entries()) {
    process.stdout.write(`\n── ${index + 1}/${steps.length} ${step.name}: ${step.title}\n`)
    const startMs = performance.now()
    const count = await step.run()
    passed += count.passed
    failed += count.failed
    skipped.push(...count.skipped.map((test) => `${step.name}: ${test}`))
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    const result = count.failed === 0 ? 'passed' : 'FAILED'
    process.stdout.write(`── ${step.name} ${result} in ${seconds} s\n`)
    if (count.failed > 0) {
      process.stdout.write(`\nTo repeat only this step: ${command} -- --only ${step.name}\n`)
      process.exitCode = 1
      break
    }
  }
  if (skipped.length > 0) process.stdout.write(`\nSkipped:\n  ${skipped.join('\n  ')}\n`)
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
}

/**
 * Returns the steps that the arguments select: all of them, or those of `--only a,b`, preceded by
 * the steps they require.
 *
 * @param {readonly Step[]} steps
 * @param {readonly string[]} args
 * @param {(name: string) => readonly string[]} requirementsOf names of the steps that a step needs
 * @returns {readonly Step[]}
 * @throws {Error} that lists the names when an argument is unknown
 */
export function selectSteps(steps, args, requirementsOf) {
  if (args.length === 0) return steps
  const known = steps.map(({ name }) => name)
  const [flag, value] = args.length === 1 ? (args[0] ?? '').split('=') : args
  const names = (value ?? '').split(',')
  if (flag !== '--only' || args.length > 2 || !names.every((name) => known.includes(name))) {
    throw new Error(`expected --only with names of ${known.join(', ')}; got ${args.join(' ')}`)
  }
  const wanted = new Set([...names, ...names.flatMap(requirementsOf)])
  return steps.filter(({ name }) => wanted.has(name))
}

/** @param {string} tool */
function toolPath(tool) {
  if (tool === 'node') return process.execPath
  return tool === 'python3' ? tool : path.join(root, 'node_modules/.bin', tool)
}

/** @param {boolean} passed */
function outcome(passed) {
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: [] }
}

/**
 * Counts the tests in a JSON report of vitest. A run that failed without a failed test (a file that
 * does not load, an error outside of tests, no report) counts as one failure.
 *
 * @param {string} report
 * @param {number} status vitest's exit code
 * @returns {Count}
 */
function countOf(report, status) {
  let result
  try {
    result = JSON.parse(readFileSync(report, 'utf8'))
  } catch (error) {
    process.stderr.write(`vitest wrote no report: ${String(error)}\n`)
    return outcome(false)
  }
  const failed = Number(result.numFailedTests)
  return {
    passed: Number(result.numPassedTests),
    failed: status === 0 ? failed : Math.max(failed, 1),
    skipped: skippedTests(result.testResults),
  }
}

/**
 * @typedef {{ readonly status: string, readonly fullName: string }} TestReport
 * @param {readonly { readonly name: string, readonly assertionResults: readonly TestReport[] }[]} files
 */
function skippedTests(files) {
  return files.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => ['pending', 'skipped', 'todo', 'disabled'].includes(status))
      .map(({ fullName }) => `${path.relative(root, name)} ${fullName}`),
  )
}
