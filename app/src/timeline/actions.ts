/** Implements {@link TimelineActions} on the engine. */
import { barEndS, isVisible } from '../model/at-playhead.ts'
import { columnsOf, type Columns } from '../model/columns.ts'
import { MarkFlag } from '../model/patch.ts'
import type { TimelineActions } from '../page/timeline-actions.ts'
import type { Selected, Viewport } from '../model/view-state.ts'
import type { TimelineEngine } from './engine.ts'
import { placeTime, timeToPx, timeScale, type Extent } from './layout/coordinates.ts'

const ZOOM_FACTOR = 1.4
const PAN_FRACTION = 0.15
/** Distance from the edges that `reveal` keeps. */
const MARGIN_PX = 48

/**
 * @param focus focuses the canvas
 * @param visiblePx returns the width of the canvas that the details panel does not cover
 */
export function createTimelineActions(
  engine: TimelineEngine,
  focus: TimelineActions['focus'],
  visiblePx: () => number,
): TimelineActions {
  const show = (selected: Selected | undefined): void => {
    if (selected === undefined) return
    engine.dispatch.select(selected)
    reveal(engine, selected, visiblePx())
  }
  return {
    zoomIn: () => engine.zoomBy(ZOOM_FACTOR),
    zoomOut: () => engine.zoomBy(1 / ZOOM_FACTOR),
    panLeft: () => engine.panBy(-PAN_FRACTION),
    panRight: () => engine.panBy(PAN_FRACTION),
    fitAll: () => engine.fitAll(),
    fitSelection: () => fitSelection(engine, visiblePx()),
    nextInRow: () => show(adjacent(engine, 1)),
    previousInRow: () => show(adjacent(engine, -1)),
    selectParent: () => show(parentOf(engine)),
    selectFirstChild: () => show(firstChildOf(engine)),
    nextError: () => show(adjacentError(engine, 1)),
    previousError: () => show(adjacentError(engine, -1)),
    scrollTo: (selected) => scrollIntoView(engine, selected),
    nextMatch: () => show(nextMatch(engine)),
    reveal: (selected) => reveal(engine, selected, visiblePx()),
    focus,
  }
}

function fitSelection(engine: TimelineEngine, visiblePx: number): void {
  const { selected, range } = engine.state
  if (selected?.type === 'span') {
    engine.fitSpan(selected.slot)
    scrollIntoView(engine, selected)
  } else if (range !== undefined) engine.fitTimes(range.startS, range.endS)
  else if (selected !== undefined) reveal(engine, selected, visiblePx)
}

/** The next or previous span of the selected row; without a selection, the first in the view. */
function adjacent(engine: TimelineEngine, step: 1 | -1): Selected | undefined {
  const { columns, index } = engine
  const { selected, playheadS } = engine.state
  if (selected === undefined) return firstInView(engine)
  const { group, row, timeS } = columnsOf(columns, selected.type)
  const tree = index.spansOf(group.at(selected.slot), row.at(selected.slot))
  if (tree === undefined) return undefined
  const at =
    selected.type === 'span'
      ? tree.indexOf(columns, selected.slot) + step
      : tree.firstFrom(columns, timeS.at(selected.slot)) - (step === 1 ? 0 : 1)
  if (at < 0 || at >= tree.count) return undefined
  const slot = tree.slots[at]!
  return isVisible(columns, slot, playheadS) ? { type: 'span', slot } : undefined
}

function firstInView(engine: TimelineEngine): Selected | undefined {
  const { columns, state } = engine
  const { startS, endS } = state.viewport
  return (
    earliest(columns, state.playheadS, (slot) => {
      const atS = columns.startS.at(slot)
      return atS >= startS && atS <= endS
    }) ?? underWay(engine)
  )
}

/** The match after the selected span; without one, the first match from the view's start on. */
function nextMatch({ columns, state }: TimelineEngine): Selected | undefined {
  const { matches, selected, viewport, playheadS } = state
  if (matches === undefined) return undefined
  const isMatch = (slot: number): boolean => matches[slot] === 1
  const after = selected?.type === 'span' ? selected.slot : undefined
  const fromS = after === undefined ? viewport.startS : columns.startS.at(after)
  const isLater = (slot: number): boolean => {
    const startS = columns.startS.at(slot)
    return startS > fromS || (startS === fromS && slot > (after ?? -1))
  }
  return (
    earliest(columns, playheadS, (slot) => isMatch(slot) && isLater(slot)) ??
    earliest(columns, playheadS, isMatch)
  )
}

/** The span that starts first of those that start before the view and last into it. */
function underWay(engine: TimelineEngine): Selected | undefined {
  const { columns, state } = engine
  const { startS, endS } = state.viewport
  const nowS = engine.nowS()
  return earliest(
    columns,
    state.playheadS,
    (slot) =>
      columns.startS.at(slot) <= endS && barEndS(columns, slot, state.playheadS, nowS) >= startS,
  )
}

/** The span that starts first of those that match and are visible at the playhead. */
function earliest(
  columns: Columns,
  playheadS: number | undefined,
  matches: (slot: number) => boolean,
): Selected | undefined {
  let best = -1
  for (let slot = 0; slot < columns.spanCount; slot++) {
    if (!matches(slot) || !isVisible(columns, slot, playheadS)) continue
    if (best < 0 || columns.startS.at(slot) < columns.startS.at(best)) best = slot
  }
  return best < 0 ? undefined : { type: 'span', slot: best }
}

function parentOf({ columns, state: { selected } }: TimelineEngine): Selected | undefined {
  if (selected === undefined) return undefined
  const slot = columnsOf(columns, selected.type).parent.at(selected.slot)
  return slot < 0 ? undefined : { type: 'span', slot }
}

function firstChildOf({ columns, state }: TimelineEngine): Selected | undefined {
  const { selected, playheadS } = state
  if (selected?.type !== 'span') return undefined
  return earliest(columns, playheadS, (slot) => columns.parent.at(slot) === selected.slot)
}

interface Failure {
  readonly selected: Selected
  readonly timeS: number
}

/** The next or previous failure in time, starting over at the end. */
function adjacentError(engine: TimelineEngine, step: 1 | -1): Selected | undefined {
  const failures = failuresByTime(engine.columns, engine.state.playheadS)
  if (failures.length === 0) return undefined
  const { selected, viewport } = engine.state
  const current = failures.findIndex(
    ({ selected: { type, slot } }) => type === selected?.type && slot === selected.slot,
  )
  if (current >= 0) return failures.at((current + step) % failures.length)?.selected
  const fromS = selected === undefined ? viewport.startS : timeOf(engine.columns, selected)
  const after = failures.findIndex(({ timeS }) => timeS >= fromS)
  const next = after < 0 ? failures.length : after
  return failures.at((step === 1 ? next : next - 1) % failures.length)?.selected
}

function failuresByTime(columns: Columns, playheadS: number | undefined): Failure[] {
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
    // The point of an error in a span is skipped: the span itself is in the list.
    if (timeS > untilS || columns.markParent.at(slot) >= 0) continue
    failures.push({ selected: { type: 'mark', slot }, timeS })
  }
  return failures.sort((a, b) => a.timeS - b.timeS)
}

function timeOf(columns: Columns, selected: Selected): number {
  return columnsOf(columns, selected.type).timeS.at(selected.slot)
}

/** Moves the view as little as possible to show a span or mark, at the same scale. */
function reveal(engine: TimelineEngine, selected: Selected, visiblePx: number): void {
  const rect = engine.rectOf(selected)
  if (rect === undefined) return
  const { viewport } = engine.state
  const timeS = timeOf(engine.columns, selected)
  const leftPx = timeToPx(timeScale(viewport, engine.widthPx), timeS)
  const rightPx = leftPx + rect.widthPx
  const isWhole = leftPx >= 0 && rightPx <= visiblePx
  const isLeft = rightPx < MARGIN_PX
  const isRight = leftPx > visiblePx - MARGIN_PX
  if (!isWhole && (isLeft || isRight)) {
    // Centers a bar shorter than the view; a longer one starts near the left edge.
    const barPx = Math.min(rect.widthPx, visiblePx)
    const toPx = Math.max(0.1 * visiblePx, (visiblePx - barPx) / 2)
    const placed = placeTime(viewport, timeS, toPx / engine.widthPx)
    engine.ease(nearRun(placed, engine.extent(), visiblePx / engine.widthPx))
  }
  scrollIntoView(engine, selected)
}

/** Scrolls to the row of a span or mark. Returns whether the row is known. */
function scrollIntoView(engine: TimelineEngine, selected: Selected): boolean {
  const rect = engine.rectOf(selected)
  if (rect === undefined) return false
  const topPx = rect.topPx
  const bottomPx = rect.topPx + rect.heightPx
  if (topPx < MARGIN_PX / 2) engine.scrollTo(engine.scrollTopPx + topPx - MARGIN_PX)
  else if (bottomPx > engine.heightPx - MARGIN_PX / 2) {
    engine.scrollTo(engine.scrollTopPx + bottomPx - engine.heightPx + MARGIN_PX)
  }
  return true
}

/** Margin beside the run, as a share of the width. */
const BESIDE_RUN = 0.05

/** The nearest view that leaves the run by a margin at most. `visible`: the share that is not covered. */
function nearRun(viewport: Viewport, { firstS, lastS }: Extent, visible: number): Viewport {
  const widthS = viewport.endS - viewport.startS
  const lowestS = firstS - widthS * BESIDE_RUN
  const highestS = Math.max(lowestS, lastS - widthS * (visible - BESIDE_RUN))
  const startS = Math.min(Math.max(viewport.startS, lowestS), highestS)
  return { startS, endS: startS + widthS }
}
