/** Runs the checks of `npm test` one after the other, and counts. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { run } from './child.mjs'
import { cachePath, root } from './workspace.mjs'

/** A test run that takes longer hangs: better to hear which one than to wait. */
const HUNG_MS = 8 * 60_000

/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * @typedef {object} Step
 * @property {string} name what `--only` calls it
 * @property {string} title what it checks, for the header
 * @property {() => Promise<Count>} run
 */

/**
 * A step that is one command: one passed or one failed.
 *
 * @param {string} name
 * @param {string} title
 * @param {readonly string[]} command a tool and its arguments; the tool is one of
 *   node_modules/.bin, `node` or `python3`
 * @returns {Step}
 */
export function commandStep(name, title, [tool = '', ...args]) {
  const command = toolPath(tool)
  return {
    name,
    title,
    run: async () => outcome((await run(command, args)) === 0),
  }
}

/**
 * A step that is one check written as a function, which fails by throwing.
 *
 * @param {string} name
 * @param {string} title
 * @param {() => Promise<void>} check
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
 * A step that only some machines can take: skipped, aloud, where its command is not there.
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
      process.stdout.write(`skipped: there is no ${command} on this machine\n`)
      return { passed: 0, failed: 0, skipped: 1 }
    },
  }
}

/**
 * A step that is a project of vitest: each of its tests counts.
 *
 * @param {string} project
 * @param {string} title
 * @returns {Step}
 */
export function vitestStep(project, title) {
  const report = path.join(cachePath, 'test', `${project}.json`)
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json']
  return {
    name: project,
    title,
    async run() {
      mkdirSync(path.dirname(report), { recursive: true })
      rmSync(report, { force: true })
      const command = [...args, `--outputFile.json=${report}`]
      const status = await run(toolPath('vitest'), command, { limitMs: HUNG_MS })
      return countOf(report, status)
    },
  }
}

/**
 * Runs steps in order and stops at the first that fails.
 *
 * @param {readonly Step[]} steps
 * @returns {Promise<Count & { failedStep: Step | undefined }>}
 */
export async function runSteps(steps) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const [index, step] of steps.entries()) {
    process.stdout.write(`\n── ${index + 1}/${steps.length} ${step.name}: ${step.title}\n`)
    const startMs = performance.now()
    const { passed, failed, skipped } = await step.run()
    total.passed += passed
    total.failed += failed
    total.skipped += skipped
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    process.stdout.write(`── ${step.name} ${failed === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`)
    if (failed > 0) return { ...total, failedStep: step }
  }
  return { ...total, failedStep: undefined }
}

/** @param {string} tool */
function toolPath(tool) {
  if (tool === 'node') return process.execPath
  return tool === 'python3' ? tool : path.join(root, 'node_modules/.bin', tool)
}

/** @param {boolean} passed */
function outcome(passed) {
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 }
}

/**
 * What vitest reports. A run that failed without a failed test (a file that cannot be loaded,
 * an error outside of any test, no report at all) still counts as one failure.
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
    process.stderr.write(`vitest left no report: ${String(error)}\n`)
    return outcome(false)
  }
  const failed = Number(result.numFailedTests)
  return {
    passed: Number(result.numPassedTests),
    failed: status === 0 ? failed : Math.max(failed, 1),
    skipped: Number(result.numPendingTests) + Number(result.numTodoTests),
  }
}
