/** What keys and commands ask of the timeline; see `TimelineActions` of the store. */
import { isVisible } from '../model/at-playhead.ts'
import { MarkFlag, type TraceColumns } from '../model/trace-columns.ts'
import type { TimelineActions } from '../page/timeline-actions.ts'
import type { Selected } from '../model/view-state.ts'
import type { TimelineEngine } from './engine.ts'
import { placeTime, timeToPx, timeScale } from './layout/coordinates.ts'

const ZOOM_FACTOR = 1.4
const PAN_FRACTION = 0.15
/** What is brought into view keeps this distance from the edges. */
const MARGIN_PX = 48

/**
 * @param focus gives the canvas the keyboard
 * @param seenPx how much of the canvas, from its left, is not under the sheet of details
 */
export function createTimelineActions(
  engine: TimelineEngine,
  focus: TimelineActions['focus'],
  seenPx: () => number,
): TimelineActions {
  const show = (selected: Selected | undefined): void => {
    if (selected === undefined) return
    engine.dispatch.select(selected)
    reveal(engine, selected, seenPx())
  }
  return {
    zoomIn: () => engine.zoomBy(ZOOM_FACTOR),
    zoomOut: () => engine.zoomBy(1 / ZOOM_FACTOR),
    panLeft: () => engine.panBy(-PAN_FRACTION),
    panRight: () => engine.panBy(PAN_FRACTION),
    fitAll: () => engine.fitAll(),
    fitSelection: () => fitSelection(engine, seenPx()),
    nextInLane: () => show(neighbour(engine, 1)),
    previousInLane: () => show(neighbour(engine, -1)),
    selectParent: () => show(parentOf(engine)),
    selectFirstChild: () => show(firstChildOf(engine)),
    nextError: () => show(errorBeside(engine, 1)),
    previousError: () => show(errorBeside(engine, -1)),
    reveal: (selected) => reveal(engine, selected, seenPx()),
    focus,
  }
}

function fitSelection(engine: TimelineEngine, seenPx: number): void {
  const { selected, range } = engine.state
  if (selected?.type === 'span') engine.fitSpan(selected.slot)
  else if (range !== undefined) engine.fitTimes(range.startS, range.endS)
  else if (selected !== undefined) reveal(engine, selected, seenPx)
}

/** The next bar of the selected bar's row; without a selection, the first bar that is seen. */
function neighbour(engine: TimelineEngine, step: 1 | -1): Selected | undefined {
  const { columns, index } = engine
  const { selected, playheadS } = engine.state
  if (selected === undefined) return firstSeen(engine)
  const isSpan = selected.type === 'span'
  const group = (isSpan ? columns.group : columns.markGroup).at(selected.slot)
  const row = (isSpan ? columns.row : columns.markRow).at(selected.slot)
  const tree = index.spansOf(group, row)
  if (tree === undefined) return undefined
  const at = isSpan
    ? tree.indexOf(columns, selected.slot) + step
    : tree.firstFrom(columns, columns.markTimeS.at(selected.slot)) - (step === 1 ? 0 : 1)
  if (at < 0 || at >= tree.count) return undefined
  const slot = tree.slots[at] as number
  return isVisible(columns, slot, playheadS) ? { type: 'span', slot } : undefined
}

function firstSeen(engine: TimelineEngine): Selected | undefined {
  const { columns } = engine
  const { viewport, playheadS } = engine.state
  let best = -1
  for (let slot = 0; slot < columns.spanCount; slot++) {
    const startS = columns.startS.at(slot)
    if (startS < viewport.startS || startS > viewport.endS) continue
    if (!isVisible(columns, slot, playheadS)) continue
    if (best < 0 || startS < columns.startS.at(best)) best = slot
  }
  return best < 0 ? undefined : { type: 'span', slot: best }
}

function parentOf(engine: TimelineEngine): Selected | undefined {
  const { columns } = engine
  const { selected } = engine.state
  if (selected === undefined) return undefined
  const parents = selected.type === 'span' ? columns.parent : columns.markParent
  const slot = parents.at(selected.slot)
  return slot < 0 ? undefined : { type: 'span', slot }
}

function firstChildOf(engine: TimelineEngine): Selected | undefined {
  const { columns } = engine
  const { selected, playheadS } = engine.state
  if (selected?.type !== 'span') return undefined
  let best = -1
  for (let slot = 0; slot < columns.spanCount; slot++) {
    if (columns.parent.at(slot) !== selected.slot || !isVisible(columns, slot, playheadS)) continue
    if (best < 0 || columns.startS.at(slot) < columns.startS.at(best)) best = slot
  }
  return best < 0 ? undefined : { type: 'span', slot: best }
}

interface Failure {
  readonly selected: Selected
  readonly timeS: number
}

/** The failure after (before) the selected one in time; after the last comes the first again. */
function errorBeside(engine: TimelineEngine, step: 1 | -1): Selected | undefined {
  const failures = failuresByTime(engine.columns, engine.state.playheadS)
  if (failures.length === 0) return undefined
  const { selected, viewport } = engine.state
  const current = failures.findIndex(({ selected: it }) => isSame(it, selected))
  if (current >= 0) return failures.at((current + step) % failures.length)?.selected
  const fromS = selected === undefined ? viewport.startS : timeOf(engine.columns, selected)
  const after = failures.findIndex(({ timeS }) => timeS >= fromS)
  const next = after < 0 ? failures.length : after
  return failures.at((step === 1 ? next : next - 1) % failures.length)?.selected
}

function failuresByTime(columns: TraceColumns, playheadS: number | undefined): Failure[] {
  const untilS = playheadS ?? Number.MAX_VALUE
  const failures: Failure[] = []
  columns.errorAtS.each(0, columns.spanCount, (slot, knownS) => {
    if (knownS > untilS) return
    failures.push({ selected: { type: 'span', slot }, timeS: columns.startS.at(slot) })
  })
  for (let slot = 0; slot < columns.markCount; slot++) {
    const flags = columns.markFlags.at(slot)
    const timeS = columns.markTimeS.at(slot)
    if ((flags & MarkFlag.ERROR) === 0 || (flags & MarkFlag.REMOVED) !== 0) continue
    // An error's own point is told by its span, which is what people look for.
    if (timeS > untilS || columns.markParent.at(slot) >= 0) continue
    failures.push({ selected: { type: 'mark', slot }, timeS })
  }
  return failures.sort((a, b) => a.timeS - b.timeS)
}

function isSame(a: Selected, b: Selected | undefined): boolean {
  return b !== undefined && a.type === b.type && a.slot === b.slot
}

function timeOf(columns: TraceColumns, selected: Selected): number {
  const times = selected.type === 'span' ? columns.startS : columns.markTimeS
  return times.at(selected.slot)
}

/** Brings a span or mark into view with as little movement as will do; the scale stays. */
function reveal(engine: TimelineEngine, selected: Selected, seenPx: number): void {
  const rect = engine.rectOf(selected)
  if (rect === undefined) return
  const { viewport } = engine.state
  const timeS = timeOf(engine.columns, selected)
  const leftPx = timeToPx(timeScale(viewport, engine.widthPx), timeS)
  const isLeft = leftPx + rect.widthPx < MARGIN_PX
  const isRight = leftPx > seenPx - MARGIN_PX
  if (isLeft || isRight) {
    // A bar shorter than the view is centred, a longer one begins at its left.
    const barPx = Math.min(rect.widthPx, seenPx)
    const toPx = Math.max(0.1 * seenPx, (seenPx - barPx) / 2)
    engine.ease(placeTime(viewport, timeS, toPx / engine.widthPx))
  }
  const topPx = rect.topPx
  const bottomPx = rect.topPx + rect.heightPx
  if (topPx < MARGIN_PX / 2) engine.scrollTo(engine.scrollTopPx + topPx - MARGIN_PX)
  else if (bottomPx > engine.heightPx - MARGIN_PX / 2) {
    engine.scrollTo(engine.scrollTopPx + bottomPx - engine.heightPx + MARGIN_PX)
  }
}
