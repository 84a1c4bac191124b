/**
 * `npm test [-- --only NAME,NAME]`: runs every check from a fresh clone, cheapest first. The last
 * line is `N passed, M failed`; each vitest test counts as one, and so does each other step.
 */
import { build, ensureInstalled } from './lib/bootstrap.mjs'
import { checkPageSize } from './lib/page-size.mjs'
import { runScript } from './lib/command.mjs'
import { requireChromium } from './lib/chromium.mjs'
import { requireNode } from './lib/node-version.mjs'
import {
  checkStep,
  commandStep,
  runSteps,
  selectSteps,
  stepWith,
  vitestStep,
} from './lib/steps.mjs'

const PYTHON_TESTS = ['python3', '-m', 'unittest', 'discover', '-s', 'examples/python']

const STEPS = [
  commandStep('format', 'the sources are formatted', ['oxfmt', '--check']),
  commandStep('lint', 'lint rules, including the import rules', ['oxlint', '--type-aware']),
  commandStep('types', 'every package typechecks', ['node', 'scripts/typecheck.mjs']),
  commandStep('knip', 'no unused file, export or dependency', ['knip']),
  checkStep('build', 'packages and dashboard build', build),
  checkStep('size', "the page's first load stays small", checkPageSize),
  vitestStep('scripts', 'lint rules and scripts'),
  vitestStep('trace', 'event log, pairing, rows, energy'),
  vitestStep('formats', 'logs of other tools'),
  vitestStep('power', 'power meters'),
  vitestStep('recorder', 'the recorder'),
  vitestStep('server', 'the server and the command'),
  vitestStep('app', 'the dashboard'),
  stepWith(commandStep('python', 'the recorder for Python', PYTHON_TESTS), 'python3'),
  vitestStep('e2e', 'the built product in a real browser'),
  commandStep('pack', 'the packed packages install and work', ['node', 'scripts/check-pack.mjs']),
]

/** Steps that use the output of `build`. */
const NEED_BUILD = ['size', 'scripts', 'recorder', 'server', 'python', 'e2e', 'pack']

requireNode()
await runScript(async () => {
  const needs = (/** @type {string} */ name) => (NEED_BUILD.includes(name) ? ['build'] : [])
  const steps = selectSteps(STEPS, process.argv.slice(2), needs)
  // Before everything else, so that a missing browser is reported immediately.
  if (steps.some(({ name }) => name === 'e2e')) process.env['WATTLINE_CHROMIUM'] = requireChromium()
  await ensureInstalled()
  await runSteps(steps, 'npm test')
})
