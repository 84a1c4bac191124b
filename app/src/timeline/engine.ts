/**
 * Drives the timeline frame by frame: updates the row indexes and the layout, moves the viewport and
 * paints. React creates the engine, sets its size and scroll position, and asks it for rectangles
 * and hit tests.
 */
import { barEndS, nowOf } from '../model/at-playhead.ts'
import type { Columns } from '../model/columns.ts'
import type { Selected, Viewport, ViewState } from '../model/view-state.ts'
import { hitTest, rectOf, type Rect } from './layout/hit-test.ts'
import { blockIndexAt, layoutGroups, type GroupLayout } from './layout/group-layout.ts'
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

/** The state that the timeline reads. */
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

/** The changes that the timeline makes. */
export interface TimelineDispatch {
  /** `following`: the move follows a live run; else the user moved the view, which ends following. */
  readonly setViewport: (viewport: Viewport, following: boolean) => void
  readonly select: (selected: Selected | undefined) => void
  readonly setRange: (range: Viewport | undefined) => void
  readonly seek: (playheadS: number) => void
  readonly toggleGroup: (label: string) => void
}

/** What the page provides to the timeline. */
export interface TimelineHost {
  readonly columns: Columns
  /** The current state; read in every frame, outside of React, and in every render. */
  readonly getState: () => TimelineState
  readonly dispatch: TimelineDispatch
  /** Whether the run is live, so that open bars grow with the clock. */
  readonly isLive: () => boolean
  /** Whether the existing part of the log is still being read. */
  readonly isReading: () => boolean
  /** The wall clock of the log, Unix seconds. */
  readonly clockS: () => number
  /** Position of now while following, as a share of the width. */
  readonly nowAt: number
  /** The highest power of all sources together, watts; 0 = unknown. */
  readonly topW: () => number
}

export interface EngineOptions extends TimelineHost {
  readonly requestFrame: (reason: string) => void
  /** The frame clock. */
  readonly nowMs: () => number
  /** `prefers-reduced-motion`: no eased moves and no moving stripes. */
  readonly isMotionReduced: () => boolean
}

/** The most new spans to index in a frame, so that no frame takes long. */
const SPANS_PER_FRAME = 8_192
/** Time from a request to its frame. */
const FRAME_MS = 16
const FIT_BAR_MARGIN = 0.15
/** The time at which the stripe of an open bar is drawn with reduced motion. */
const STILL_MS = 600

export class TimelineEngine {
  readonly columns: Columns
  readonly dispatch: TimelineDispatch
  readonly index = new RowIndex()
  layout: GroupLayout = { blocks: [], heightPx: 0 }
  /** CSS px. */
  widthPx = 0
  heightPx = 0
  scrollTopPx = 0
  deviceRatio = 1
  /** The pointer's position over the canvas; undefined = outside. */
  cursorPx: number | undefined
  #painter: Painter | undefined
  #scroll: ((topPx: number) => void) | undefined
  readonly #options: EngineOptions
  readonly #motion = createMotion()
  readonly #budget: PaintBudget
  #matching: RowIndex | undefined
  #matches: Uint8Array | undefined
  #laidOutGroups: Columns['groups'] | undefined
  #laidOutCollapsed: ReadonlySet<string> | undefined
  /** The last viewport set here; a different one was set by the address or a button. */
  #ownViewport: Viewport | undefined
  /** The last viewport set to follow a live run. */
  #followedTo: Viewport | undefined
  /** The last ticks, and their options. */
  #lastTicks: (Parameters<typeof timeTicks>[0] & { ticks: readonly Tick[] }) | undefined
  /** Requests the frame of the next automatic paint. */
  #paintTimer: ReturnType<typeof setTimeout> | undefined
  /** What the last picture shows. */
  #painted: { readonly viewport?: Viewport; readonly topPx?: number } = {}

  constructor(options: EngineOptions) {
    this.#options = options
    this.#budget = createPaintBudget(options.nowMs, options.isReading)
    this.columns = options.columns
    this.dispatch = options.dispatch
  }

  get state(): TimelineState {
    return this.#options.getState()
  }

  /** Sets the painter for the current theme; undefined = there is no canvas. */
  setPainter(painter: Painter | undefined): void {
    this.#painter = painter
    this.#repaint()
  }

  /** Sets how to scroll the canvas; its scroll event must call `setScroll`. */
  setScroller(scroll: ((topPx: number) => void) | undefined): void {
    this.#scroll = scroll
  }

  setSize(widthPx: number, heightPx: number, deviceRatio: number): void {
    this.widthPx = widthPx
    this.heightPx = heightPx
    this.deviceRatio = deviceRatio
    this.#repaint()
  }

  setScroll(topPx: number): void {
    this.scrollTopPx = topPx
    this.#options.requestFrame('timeline')
  }

  isLive(): boolean {
    return this.#options.isLive()
  }

  /** Now while live, else the time of the last event. */
  nowS(): number {
    return nowOf(this.#options.isLive(), this.columns.lastS, this.#options.clockS())
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
      matching: this.#matching,
      markMatches: state.markMatches,
      layout: this.layout,
      scale: this.scale(),
      scrollTopPx: this.scrollTopPx,
      widthPx: this.widthPx,
      heightPx: this.heightPx,
      deviceRatio: this.deviceRatio,
      playheadS: state.playheadS,
      nowS: this.nowS(),
      live: this.#options.isLive(),
      selected: state.selected,
      range: state.range,
    }
  }

  scale(): TimeScale {
    return timeScale(this.state.viewport, this.widthPx)
  }

  /** The color scale of the bars; undefined = bars are colored by kind. */
  heat(): Heat | undefined {
    const { colorBy } = this.state
    if (colorBy === 'kind' || this.columns.ownJ.isEmpty) return undefined
    const top = colorBy === 'joules' ? this.columns.highestOwnJ : this.#options.topW()
    return top > 0 ? { by: colorBy, top } : undefined
  }

  /** Updates indexes and layout to the columns and the state. The cost is that of the changes. */
  sync(): void {
    const { columns, state } = this
    this.#followMatches(state.matches)
    this.index.sync(columns, SPANS_PER_FRAME)
    this.#matching?.sync(columns, SPANS_PER_FRAME)
    const isBehind = this.index.isBehind(columns) || this.#matching?.isBehind(columns) === true
    if (isBehind) this.#options.requestFrame('index')
    if (columns.groups === this.#laidOutGroups && state.collapsed === this.#laidOutCollapsed) return
    const before = this.layout
    this.#laidOutGroups = columns.groups
    this.#laidOutCollapsed = state.collapsed
    this.layout = layoutGroups(columns.groups, state.collapsed)
    this.#keepPlace(before)
  }

  /** The ticks of axis and grid, computed once per view. */
  ticks(): readonly Tick[] {
    const { state, widthPx, columns } = this
    const { viewport, clock } = state
    const asked = { viewport, widthPx, clock, originS: columns.firstS }
    const last = this.#lastTicks
    const isSame =
      last?.viewport === viewport &&
      last.widthPx === widthPx &&
      last.clock === clock &&
      Object.is(last.originS, asked.originS)
    if (isSame) return last.ticks
    const ticks = timeTicks(asked)
    this.#lastTicks = { ...asked, ticks }
    return ticks
  }

  /** Advances the eased move, or follows a live run. */
  advance(nowMs: number): void {
    // The viewport was set elsewhere (by the address or a button): cancel the move.
    if (this.state.viewport !== this.#ownViewport) this.#motion.stop()
    const step = this.#motion.step(nowMs)
    if (step !== undefined) {
      this.#move(step, false)
      if (this.#motion.target() !== undefined) this.#options.requestFrame('zoom')
      return
    }
    const { following, viewport, playheadS } = this.state
    if (!following || playheadS !== undefined || !this.#options.isLive()) return
    if (this.#budget.waitMs(nowMs) > 0) return
    const next = placeTime(viewport, this.nowS(), this.#options.nowAt)
    const shiftPx = ((next.startS - viewport.startS) * this.widthPx) / (next.endS - next.startS)
    // Moving by less than a device pixel would only blur the picture.
    if (Math.abs(shiftPx) * this.deviceRatio < 1) return
    this.#move(next, true)
    this.#followedTo = this.state.viewport
  }

  /** Paints if the user moved the view, or if the paint budget allows it. */
  paint(nowMs: number): void {
    const { viewport } = this.state
    const isMoved = viewport !== this.#painted.viewport && viewport !== this.#followedTo
    const isScrolled = this.scrollTopPx !== this.#painted.topPx
    const waitMs = this.#budget.waitMs(nowMs)
    if (isMoved || isScrolled || waitMs === 0) {
      this.#paintNow(nowMs)
      return
    }
    // Indexes new spans now, so that the next paint takes less time.
    this.sync()
    // A frame without a paint is not free, so it is requested only when the paint is due.
    if (this.#paintTimer !== undefined) return
    this.#paintTimer = setTimeout(() => {
      this.#paintTimer = undefined
      this.#options.requestFrame('paint budget')
    }, waitMs - FRAME_MS)
  }

  /** Paints immediately, or the browser would stretch the old picture; the first one can wait. */
  #repaint(): void {
    if (this.#painted.viewport === undefined) this.#options.requestFrame('canvas')
    else this.#paintNow(this.#options.nowMs())
  }

  #paintNow(nowMs: number): void {
    const painter = this.#painter
    if (painter === undefined || this.widthPx === 0) return
    this.#painted = { viewport: this.state.viewport, topPx: this.scrollTopPx }
    this.#budget.run(nowMs, () => {
      painter.paint(this.scene(), this.ticks(), this.#options.isMotionReduced() ? STILL_MS : nowMs)
    })
    if (this.#isMoving()) this.#options.requestFrame('live')
  }

  /** Whether the next frame differs without input: open bars grow while now is in view. */
  #isMoving(): boolean {
    const { following, viewport } = this.state
    return this.#options.isLive() && (following || this.nowS() <= viewport.endS)
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

  /** Zooms immediately around a point of the canvas. */
  zoomAt(factor: number, xPx: number): void {
    const fraction = this.widthPx === 0 ? 0.5 : xPx / this.widthPx
    this.#motion.stop()
    this.#move(zoomViewport(this.state.viewport, factor, fraction, this.extent()), false)
  }

  /** Pans immediately; positive values show later times. */
  panByPx(byPx: number): void {
    if (this.widthPx === 0 || byPx === 0) return
    this.#motion.stop()
    this.#move(panViewport(this.state.viewport, byPx / this.widthPx, this.extent()), false)
  }

  /** Zooms with easing around the cursor, or the middle if it is outside the canvas. */
  zoomBy(factor: number): void {
    const fraction = this.cursorPx === undefined ? 0.5 : this.cursorPx / Math.max(this.widthPx, 1)
    const from = this.#motion.target() ?? this.state.viewport
    this.ease(zoomViewport(from, factor, fraction, this.extent()))
  }

  panBy(fraction: number): void {
    const from = this.#motion.target() ?? this.state.viewport
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
    if (this.#options.isMotionReduced()) {
      this.#move(to, false)
      return
    }
    this.#ownViewport = this.state.viewport
    this.#motion.start(this.state.viewport, to, this.#options.nowMs())
    this.#options.requestFrame('zoom')
  }

  scrollTo(topPx: number): void {
    const lowestPx = Math.max(0, this.layout.heightPx - this.heightPx)
    this.#scroll?.(Math.min(Math.max(0, topPx), lowestPx))
  }

  /** While a run grows, more spans match the same query: extends the index instead of rebuilding it. */
  #followMatches(matches: Uint8Array | undefined): void {
    if (matches === this.#matches) return
    this.#matches = matches
    if (matches === undefined) this.#matching = undefined
    else if (this.#matching?.extend(this.columns, matches) !== true) {
      this.#matching = new RowIndex(matches)
    }
  }

  #move(viewport: Viewport, following: boolean): void {
    this.dispatch.setViewport(viewport, following)
    this.#ownViewport = this.state.viewport
  }

  /** Scrolls so that the topmost visible group keeps its place when groups above it grow or fold. */
  #keepPlace(before: GroupLayout): void {
    if (this.scrollTopPx === 0) return
    const group = blockIndexAt(before, this.scrollTopPx)
    const old = before.blocks[group]
    const block = this.layout.blocks[group]
    if (old === undefined || block === undefined || block.label !== old.label) return
    const shiftPx = block.topPx - old.topPx
    if (shiftPx === 0) return
    // Not by the scroll event, which comes after the next paint.
    this.scrollTopPx += shiftPx
    this.#scroll?.(this.scrollTopPx)
  }
}
