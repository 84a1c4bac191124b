/** Counts the steps of a computation: how often each block of the package's code runs. */
import { Session, type Profiler } from 'node:inspector'
import { setFlagsFromString } from 'node:v8'

const PACKAGE = new URL('../', import.meta.url).pathname

/** Array methods that visit many items without running a block. */
const NATIVE = ['splice', 'indexOf', 'lastIndexOf', 'includes', 'slice', 'concat'] as const

/**
 * The number of executed blocks in the package's files, and of the items that array methods visited.
 * It depends only on the code and the input, not on the machine.
 */
export function countSteps(run: () => void): number {
  // Optimized code does not count its calls.
  setFlagsFromString('--no-opt')
  const session = new Session()
  session.connect()
  const post = (method: string, params?: object): unknown => {
    let result: unknown
    session.post(method, params, (error, value) => {
      if (error !== null) throw new Error(`${method} failed`, { cause: error })
      result = value
    })
    return result
  }
  post('Profiler.enable')
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const natives = countNatives()
  try {
    run()
  } finally {
    natives.restore()
  }
  const { result } = post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType
  post('Profiler.stopPreciseCoverage')
  session.disconnect()
  setFlagsFromString('--opt')
  const blocks = result
    .filter(({ url }) => url.includes(PACKAGE) && !url.includes('/testing/'))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0)
  return blocks + natives.items
}

function countNatives() {
  const counter = { items: 0, restore }
  const originals = NATIVE.map((name) => [name, Array.prototype[name]] as const)
  for (const [name, original] of originals) {
    const counted = function (this: unknown[], ...args: never[]): unknown {
      // A splice moves the items after its index.
      counter.items += name === 'splice' ? this.length - Number(args[0]) : this.length
      return (original as (...args: never[]) => unknown).apply(this, args)
    }
    Object.defineProperty(Array.prototype, name, {
      value: counted,
      configurable: true,
      writable: true,
    })
  }
  function restore(): void {
    for (const [name, value] of originals) {
      Object.defineProperty(Array.prototype, name, { value, configurable: true, writable: true })
    }
  }
  return counter
}
