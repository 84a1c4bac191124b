/**
 * Measures the main thread's work for runs of different sizes: applying patches, updating indexes,
 * collecting a frame, and memory.
 *
 *     npm run bench:timeline -- [SPANS…]
 */
import { createCounter } from '../model/counts.ts'
import { nextError, nextEventS } from '../model/next-event.ts'
import { ColumnStore, type Columns } from '../model/columns.ts'
import { BarList } from './layout/bar-list.ts'
import { collectBars } from './layout/collect.ts'
import { layoutGroups } from './layout/group-layout.ts'
import { GroupSums } from './rail/group-sums.ts'
import { RowIndex } from './rows/row-index.ts'
import type { Scene } from './layout/scene.ts'
import { timeScale } from './layout/coordinates.ts'
import { DensityBins } from './overview/density-bins.ts'
import { bigRun } from './testing/big-run.ts'

const PATCH_SPANS = 10_000
const ROUNDS = 25
const WIDTH_PX = 1400

const sizes = process.argv.slice(2).map(Number)
for (const count of sizes.length > 0 ? sizes : [10_000, 1_000_000]) measure(count)

interface Worst {
  applyMs: number
  syncMs: number
  densityMs: number
  countsMs: number
}

function measure(count: number): void {
  const before = bytesInUse()
  const columns = new ColumnStore()
  const index = new RowIndex()
  const densityBins = new DensityBins()
  const countAt = createCounter(columns)
  const worst: Worst = { applyMs: 0, syncMs: 0, densityMs: 0, countsMs: 0 }
  const sums: Worst = { applyMs: 0, syncMs: 0, densityMs: 0, countsMs: 0 }
  const record = (what: keyof Worst, ms: number): void => {
    worst[what] = Math.max(worst[what], ms)
    sums[what] += ms
  }
  let patches = 0
  for (const patch of bigRun(count, PATCH_SPANS)) {
    record(
      'applyMs',
      timeOf(() => columns.apply(patch)),
    )
    record(
      'syncMs',
      timeOf(() => index.sync(columns)),
    )
    record(
      'densityMs',
      timeOf(() => densityBins.sync(columns)),
    )
    if (patches++ % 10 === 0)
      record(
        'countsMs',
        timeOf(() => countAt(undefined)),
      )
  }
  print(`${count.toLocaleString('en')} spans in patches of ${PATCH_SPANS}`)
  for (const what of Object.keys(worst) as (keyof Worst)[]) {
    print(`  ${what.padEnd(10)} worst ${ms(worst[what])}  all ${ms(sums[what])}`)
  }
  const middleS = (columns.firstS + columns.lastS) / 2
  report('counts at playhead', () => countAt(middleS))
  print(`  bytes a span ${((bytesInUse() - before) / count).toFixed(1)}`)
  const groupSums = new GroupSums()
  report('group sums', () => groupSums.at(columns, middleS))
  report('next event', () => nextEventS(columns, middleS, 1))
  report('next error', () => nextError(columns, middleS, 1))
  const wholeS = columns.lastS - columns.firstS
  const bars = new BarList()
  for (const share of [1, 0.1, 0.01, 0.0001]) {
    const scene = sceneAt(columns, index, middleS - (wholeS * share) / 2, wholeS * share)
    report(`collect 1/${1 / share}`, () => collectBars(scene, bars))
    print(`    bars ${bars.count}`)
  }
}

function sceneAt(columns: Columns, index: RowIndex, startS: number, widthS: number): Scene {
  return {
    columns,
    heat: undefined,
    colorNames: columns.kinds,
    index,
    matching: undefined,
    markMatches: undefined,
    layout: layoutGroups(columns.groups, new Set()),
    scale: timeScale({ startS, endS: startS + widthS }, WIDTH_PX),
    scrollTopPx: 0,
    widthPx: WIDTH_PX,
    heightPx: 800,
    deviceRatio: 1,
    playheadS: undefined,
    nowS: columns.lastS,
    live: false,
    selected: undefined,
    range: undefined,
  }
}

function report(what: string, act: () => unknown): void {
  const times = Array.from({ length: ROUNDS }, () => timeOf(act)).toSorted((a, b) => a - b)
  const [best = 0] = times
  const median = times[ROUNDS >> 1] ?? 0
  print(`  ${what.padEnd(20)} ${ms(median)}  best ${ms(best)}`)
}

function timeOf(act: () => unknown): number {
  const startMs = performance.now()
  act()
  return performance.now() - startMs
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`
}

/** Memory in use, after three collections if Node has --expose-gc: one alone leaves arrays behind. */
function bytesInUse(): number {
  for (let i = 0; i < 3; i++) (globalThis as { gc?: () => void }).gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
