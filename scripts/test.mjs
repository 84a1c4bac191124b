/**
 * `npm test [-- --only NAME,NAME]`: everything that has to hold, from a fresh clone, in the
 * order in which a failure is cheapest to find. The last line is `N passed, M failed`: each
 * test of vitest counts as one, and so does each other step.
 */
import { build, ensureInstalled } from './lib/bootstrap.mjs'
import { runScript } from './lib/command.mjs'
import { requireChromium } from './lib/chromium.mjs'
import { requireNode } from './lib/node-version.mjs'
import { checkStep, commandStep, runSteps, stepWith, vitestStep } from './lib/steps.mjs'

const PYTHON_TESTS = ['python3', '-m', 'unittest', 'discover', '-s', 'examples/python']

const STEPS = [
  commandStep('format', 'the formatter would change nothing', ['oxfmt', '--check']),
  commandStep('lint', 'lint rules, import arrows among them', ['oxlint', '--type-aware']),
  commandStep('types', 'every package typechecks', ['node', 'scripts/typecheck.mjs']),
  commandStep('knip', 'no unused file, export or dependency', ['knip']),
  checkStep('build', 'packages and dashboard build', build),
  vitestStep('scripts', 'the lint rules fire, the scripts behave'),
  vitestStep('trace', 'the pure core'),
  vitestStep('power', 'the meters of power'),
  vitestStep('recorder', 'the recorder'),
  vitestStep('server', 'the server and the command'),
  vitestStep('app', 'the dashboard, in parts'),
  stepWith(commandStep('python', 'the recorder for Python', PYTHON_TESTS), 'python3'),
  vitestStep('e2e', 'everything together, in a real browser'),
  commandStep('pack', 'the packed packages install and work', ['node', 'scripts/check-pack.mjs']),
]

/** Steps that run what `build` has made. */
const NEED_BUILD = ['scripts', 'recorder', 'server', 'e2e', 'pack']

requireNode()
await runScript(async () => {
  const steps = selected(process.argv.slice(2))
  // First, so that a machine without a browser hears it at once.
  if (steps.some(({ name }) => name === 'e2e')) process.env['WATTLINE_CHROMIUM'] = requireChromium()
  await ensureInstalled()
  const { passed, failed, skipped, failedStep } = await runSteps(steps)
  if (skipped > 0) process.stdout.write(`\n${skipped} skipped, for the reasons given above\n`)
  if (failedStep !== undefined) {
    const { name } = failedStep
    process.stdout.write(`\n${name} failed; to repeat it alone: npm test -- --only ${name}\n`)
    process.exitCode = 1
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
})

/**
 * The steps that the arguments ask for: all, or those of `--only`, with the build where one of
 * them needs it.
 *
 * @param {readonly string[]} args
 * @throws {Error} with the list of names when an argument is not understood
 */
function selected(args) {
  if (args.length === 0) return STEPS
  const known = STEPS.map(({ name }) => name)
  const [flag, value] = args.length === 1 ? (args[0] ?? '').split('=') : args
  const names = (value ?? '').split(',')
  if (flag !== '--only' || args.length > 2 || !names.every((name) => known.includes(name))) {
    throw new Error(`npm test takes --only and names of: ${known.join(', ')}.`)
  }
  const needBuild = names.some((name) => NEED_BUILD.includes(name))
  return STEPS.filter(({ name }) => names.includes(name) || (needBuild && name === 'build'))
}
