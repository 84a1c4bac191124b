/**
 * The timeline between the view and the canvas: keeps the indexes up to date, knows the canvas's
 * size and scroll, moves the view frame by frame and paints. It is the one object here with a
 * lifetime; React creates it, tells it view and sizes, and asks it where things are.
 */
import { barEndS, nowOf } from '../model/at-playhead.ts'
import type { TraceColumns } from '../model/trace-columns.ts'
import type { Selected, Viewport, ViewState } from '../model/view-state.ts'
import { hitTest, rectOf, type Rect } from './layout/hit-test.ts'
import {
  blockIndexAt,
  layoutGroups,
  type GroupBlock,
  type GroupLayout,
} from './layout/group-layout.ts'
import { HEAT_COLOR_NAMES, type Heat } from './layout/heat.ts'
import { createMotion } from './motion.ts'
import { createPaintBudget, type PaintBudget } from './paint/paint-budget.ts'
import type { Painter } from './paint/paint.ts'
import { RowIndex } from './rows/row-index.ts'
import type { Scene } from './layout/scene.ts'
import {
  fitViewport,
  panViewport,
  placeTime,
  pxToTime,
  timeScale,
  zoomViewport,
  type Extent,
  type TimeScale,
} from './layout/coordinates.ts'
import { timeTicks, type Tick } from './layout/ticks.ts'

/** The view a timeline reads. */
export type TimelineState = Pick<
  ViewState,
  | 'viewport'
  | 'following'
  | 'selected'
  | 'range'
  | 'playheadS'
  | 'collapsed'
  | 'matches'
  | 'markMatches'
  | 'clock'
  | 'colorBy'
>

/** The view it writes. */
export interface TimelineDispatch {
  /** `following` says that the view slides by itself; else a hand moved it, and following ends. */
  readonly setViewport: (viewport: Viewport, following: boolean) => void
  readonly select: (selected: Selected | undefined) => void
  readonly setRange: (range: Viewport | undefined) => void
  readonly seek: (playheadS: number) => void
  readonly toggleGroup: (label: string) => void
}

export interface EngineOptions {
  readonly columns: TraceColumns
  /** The view as they are now; read in every frame, outside of React. */
  readonly state: () => TimelineState
  readonly dispatch: TimelineDispatch
  readonly requestFrame: (reason: string) => void
  /** Whether the log still grows, so that open bars grow with the clock. */
  readonly isLive: () => boolean
  /** Whether what the log holds already is still being read. */
  readonly isReading: () => boolean
  /** Wall clock, Unix seconds. */
  readonly clockS: () => number
  /** The frame clock, ms. */
  readonly nowMs: () => number
  /** No eased moves (`prefers-reduced-motion`). */
  readonly isStill: () => boolean
  /** Where "now" stands while following, as a share of the width. */
  readonly nowAt: number
  /** The most watts that all sources together have used; 0 = not known. */
  readonly topW: () => number
}

/** New spans that a frame takes in; the rest waits for the next, so that no frame takes long. */
const SPANS_PER_FRAME = 8_192
/** Until the frame after a request. */
const FRAME_MS = 16
const FIT_BAR_MARGIN = 0.15
/** Where in its second the stripe of an open bar stands when nothing may move. */
const STILL_MS = 600

export class TimelineEngine {
  readonly columns: TraceColumns
  readonly dispatch: TimelineDispatch
  readonly index = new RowIndex()
  layout: GroupLayout = { blocks: [], heightPx: 0 }
  /** CSS px. */
  widthPx = 0
  heightPx = 0
  scrollTopPx = 0
  deviceRatio = 1
  /** Where the pointer is over the canvas; undefined = elsewhere. */
  cursorPx: number | undefined
  private painter: Painter | undefined
  private scroll: ((topPx: number) => void) | undefined
  private readonly options: EngineOptions
  private readonly motion = createMotion()
  private readonly budget: PaintBudget
  private matching: RowIndex | undefined
  private matches: Uint8Array | undefined
  private laidOut: TraceColumns['groups'] | undefined
  private folded: ReadonlySet<string> | undefined
  /** The viewport as this engine left it; another one was set by somebody else. */
  private moved: Viewport | undefined
  /** The viewport to which a followed run has slid by itself. */
  private slidTo: Viewport | undefined
  /** The ticks that were worked out last, and for what. */
  private ticked: (Parameters<typeof timeTicks>[0] & { ticks: readonly Tick[] }) | undefined
  /** Runs out when a picture is due. */
  private soon: ReturnType<typeof setTimeout> | undefined
  /** What the picture shows. */
  private painted: { readonly viewport?: Viewport; readonly topPx?: number } = {}

  constructor(options: EngineOptions) {
    this.options = options
    this.budget = createPaintBudget(options.nowMs, options.isReading)
    this.columns = options.columns
    this.dispatch = options.dispatch
  }

  get state(): TimelineState {
    return this.options.state()
  }

  /** The canvas's painter in its present colors; undefined = there is no canvas. */
  setPainter(painter: Painter | undefined): void {
    this.painter = painter
    this.repaint()
  }

  /** How to scroll the canvas's container; its `scroll` event comes back as `setScroll`. */
  setScroller(scroll: ((topPx: number) => void) | undefined): void {
    this.scroll = scroll
  }

  setSize(widthPx: number, heightPx: number, deviceRatio: number): void {
    this.widthPx = widthPx
    this.heightPx = heightPx
    this.deviceRatio = deviceRatio
    this.repaint()
  }

  setScroll(topPx: number): void {
    this.scrollTopPx = topPx
    this.options.requestFrame('timeline')
  }

  isLive(): boolean {
    return this.options.isLive()
  }

  /** The right end of time: now while live, else the last event. */
  nowS(): number {
    return nowOf(this.options.isLive(), this.columns.lastS, this.options.clockS())
  }

  extent(): Extent {
    const { firstS } = this.columns
    if (!Number.isNaN(firstS)) return { firstS, lastS: this.nowS() }
    const { startS, endS } = this.state.viewport
    return { firstS: startS, lastS: endS }
  }

  scene(): Scene {
    this.sync()
    const { columns, index, state } = this
    const heat = this.heat()
    return {
      columns,
      heat,
      colorNames: heat === undefined ? columns.kinds : HEAT_COLOR_NAMES,
      index,
      matching: this.matching,
      markMatches: state.markMatches,
      layout: this.layout,
      scale: this.scale(),
      scrollTopPx: this.scrollTopPx,
      widthPx: this.widthPx,
      heightPx: this.heightPx,
      deviceRatio: this.deviceRatio,
      playheadS: state.playheadS,
      nowS: this.nowS(),
      live: this.options.isLive(),
      selected: state.selected,
      range: state.range,
    }
  }

  scale(): TimeScale {
    return timeScale(this.state.viewport, this.widthPx)
  }

  /** The scale of the bars' colors; undefined = they are colored by kind. */
  heat(): Heat | undefined {
    const { colorBy } = this.state
    if (colorBy === 'kind' || this.columns.ownJ.isEmpty) return undefined
    const top = colorBy === 'joules' ? this.columns.highestOwnJ : this.options.topW()
    return top > 0 ? { by: colorBy, top } : undefined
  }

  /** Brings indexes and layout up to the columns and the view. Cost: what changed. */
  sync(): void {
    const { columns, state } = this
    this.followMatches(state.matches)
    this.index.sync(columns, SPANS_PER_FRAME)
    this.matching?.sync(columns, SPANS_PER_FRAME)
    const isBehind = this.index.isBehind(columns) || this.matching?.isBehind(columns) === true
    if (isBehind) this.options.requestFrame('index')
    if (columns.groups === this.laidOut && state.collapsed === this.folded) return
    const before = this.layout
    this.laidOut = columns.groups
    this.folded = state.collapsed
    this.layout = layoutGroups(columns.groups, state.collapsed)
    this.keepPlace(before)
  }

  /** The same for all who ask in one frame: the axis and the lines below it. */
  ticks(): readonly Tick[] {
    const { state, widthPx, columns } = this
    const { viewport, clock } = state
    const asked = { viewport, widthPx, clock, originS: columns.firstS }
    const last = this.ticked
    const isSame =
      last?.viewport === viewport &&
      last.widthPx === widthPx &&
      last.clock === clock &&
      Object.is(last.originS, asked.originS)
    if (isSame) return last.ticks
    const ticks = timeTicks(asked)
    this.ticked = { ...asked, ticks }
    return ticks
  }

  /** Moves what moves by itself: eased steps, and the slide of a followed run. */
  advance(nowMs: number): void {
    // Somebody else has set the view (an address, a button): the move under way is over.
    if (this.state.viewport !== this.moved) this.motion.stop()
    const step = this.motion.step(nowMs)
    if (step !== undefined) {
      this.move(step, false)
      if (this.motion.target() !== undefined) this.options.requestFrame('zoom')
      return
    }
    const { following, viewport, playheadS } = this.state
    if (!following || playheadS !== undefined || !this.options.isLive()) return
    if (this.budget.waitMs(nowMs) > 0) return
    const next = placeTime(viewport, this.nowS(), this.options.nowAt)
    const shiftPx = ((next.startS - viewport.startS) * this.widthPx) / (next.endS - next.startS)
    // Less than a device pixel would only blur what stands still.
    if (Math.abs(shiftPx) * this.deviceRatio < 1) return
    this.move(next, true)
    this.slidTo = this.state.viewport
  }

  /** Paints if a hand has moved the view, or if it is time to show what has changed by itself. */
  paint(nowMs: number): void {
    const { viewport } = this.state
    const isMoved = viewport !== this.painted.viewport && viewport !== this.slidTo
    const isScrolled = this.scrollTopPx !== this.painted.topPx
    const waitMs = this.budget.waitMs(nowMs)
    if (isMoved || isScrolled || waitMs === 0) {
      this.paintNow(nowMs)
      return
    }
    // What need not be shown yet is taken in already, so that the picture that shows it is soon made.
    this.sync()
    this.askForFrameIn(waitMs)
  }

  /** A frame that paints nothing costs the page as much as a small picture: none is asked for too early. */
  private askForFrameIn(waitMs: number): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined
      this.options.requestFrame('pace')
    }, waitMs - FRAME_MS)
  }

  /** At once, or what stands there would be seen in the wrong size; the first picture can wait for a frame. */
  private repaint(): void {
    if (this.painted.viewport === undefined) this.options.requestFrame('canvas')
    else this.paintNow(this.options.nowMs())
  }

  private paintNow(nowMs: number): void {
    const { painter } = this
    if (painter === undefined || this.widthPx === 0) return
    this.painted = { viewport: this.state.viewport, topPx: this.scrollTopPx }
    this.budget.run(nowMs, () => {
      painter.paint(this.scene(), this.ticks(), this.options.isStill() ? STILL_MS : nowMs)
    })
    if (this.isMoving()) this.options.requestFrame('live')
  }

  /** Whether the next frame looks different by itself: open bars grow where now is seen. */
  private isMoving(): boolean {
    const { following, viewport } = this.state
    return this.options.isLive() && (following || this.nowS() <= viewport.endS)
  }

  hitTest(xPx: number, yPx: number): Selected | undefined {
    return hitTest(this.scene(), xPx, yPx)
  }

  rectOf(selected: Selected): Rect | undefined {
    return rectOf(this.scene(), selected)
  }

  timeAt(xPx: number): number {
    return pxToTime(this.scale(), xPx)
  }

  /** Zooms at once, at a point of the canvas. */
  zoomAt(factor: number, xPx: number): void {
    const fraction = this.widthPx === 0 ? 0.5 : xPx / this.widthPx
    this.motion.stop()
    this.move(zoomViewport(this.state.viewport, factor, fraction, this.extent()), false)
  }

  /** Moves at once, by CSS px; positive looks at later times. */
  panByPx(byPx: number): void {
    if (this.widthPx === 0 || byPx === 0) return
    this.motion.stop()
    this.move(panViewport(this.state.viewport, byPx / this.widthPx, this.extent()), false)
  }

  /** Zooms by a key: eased, at the cursor, else in the middle. */
  zoomBy(factor: number): void {
    const fraction = this.cursorPx === undefined ? 0.5 : this.cursorPx / Math.max(this.widthPx, 1)
    const from = this.motion.target() ?? this.state.viewport
    this.ease(zoomViewport(from, factor, fraction, this.extent()))
  }

  panBy(fraction: number): void {
    const from = this.motion.target() ?? this.state.viewport
    this.ease(panViewport(from, fraction, this.extent()))
  }

  fitTimes(fromS: number, toS: number, margin?: number): void {
    this.ease(fitViewport(fromS, toS, margin))
  }

  fitAll(): void {
    const { firstS, lastS } = this.extent()
    this.fitTimes(firstS, lastS)
  }

  fitSpan(slot: number): void {
    const startS = this.columns.startS.at(slot)
    const endS = barEndS(this.columns, slot, this.state.playheadS, this.nowS())
    this.fitTimes(startS, endS, FIT_BAR_MARGIN)
  }

  ease(to: Viewport): void {
    if (this.options.isStill()) {
      this.move(to, false)
      return
    }
    this.moved = this.state.viewport
    this.motion.start(this.state.viewport, to, this.options.nowMs())
    this.options.requestFrame('zoom')
  }

  scrollTo(topPx: number): void {
    const lowestPx = Math.max(0, this.layout.heightPx - this.heightPx)
    this.scroll?.(Math.min(Math.max(0, topPx), lowestPx))
  }

  /** While a run grows, more spans match the same query: the index of matches grows with it. */
  private followMatches(matches: Uint8Array | undefined): void {
    if (matches === this.matches) return
    this.matches = matches
    if (matches === undefined) this.matching = undefined
    else if (this.matching?.extend(this.columns, matches) !== true) {
      this.matching = new RowIndex(matches)
    }
  }

  private move(viewport: Viewport, following: boolean): void {
    this.dispatch.setViewport(viewport, following)
    this.moved = this.state.viewport
  }

  /** Groups above that grew or folded do not push away what is looked at. */
  private keepPlace(before: GroupLayout): void {
    if (this.scrollTopPx === 0) return
    const group = blockIndexAt(before, this.scrollTopPx)
    const was = before.blocks[group]
    const is: GroupBlock | undefined = this.layout.blocks[group]
    if (was === undefined || is === undefined || is.label !== was.label) return
    const shiftPx = is.topPx - was.topPx
    if (shiftPx === 0) return
    // At once, and not with the scroll event: the next paint must not show it in between.
    this.scrollTopPx += shiftPx
    this.scroll?.(this.scrollTopPx)
  }
}
