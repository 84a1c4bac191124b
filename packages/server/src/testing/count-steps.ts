/** Counts the steps of asynchronous work: how often each block of this package's code runs. */
import { Session, type Profiler } from 'node:inspector/promises'
import { setFlagsFromString } from 'node:v8'

const PACKAGE = new URL('../', import.meta.url).pathname
/** Characters that `JSON.stringify` makes in the time of about one block. */
const CHARS_A_STEP = 100

/**
 * The number of executed blocks in the package's files, and of the text that was made of objects. It
 * does not depend on the machine.
 */
export async function countSteps(run: () => Promise<void>): Promise<number> {
  // Optimized code does not count its calls.
  setFlagsFromString('--no-opt')
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  let chars = 0
  const { stringify } = JSON
  JSON.stringify = (value: unknown) => {
    const text = stringify(value)
    chars += text.length
    return text
  }
  try {
    await run()
  } finally {
    JSON.stringify = stringify
  }
  const coverage: Profiler.TakePreciseCoverageReturnType = await session.post(
    'Profiler.takePreciseCoverage',
  )
  session.disconnect()
  setFlagsFromString('--opt')
  const blocks = coverage.result
    .filter(({ url }) => url.includes(PACKAGE) && !url.includes('/testing/'))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0)
  return blocks + chars / CHARS_A_STEP
}
