/**
 * The timeline of one run: minimap, axis, group rail, canvas of bars, power track. It reads state and
 * columns, and changes state through `dispatch`. It does not depend on the store or the worker, so
 * that it can be mounted alone.
 */
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from 'react'
import type { EnergyReport } from '../model/run-info.ts'
import { PowerTrack } from './power/PowerTrack.tsx'
import type { AskPower } from './power/use-power.ts'
import type { Frames } from '../base/frame.ts'
import type { TimelineActions } from '../page/timeline-actions.ts'
import type { Selected, Viewport } from '../model/view-state.ts'
import { createTimelineActions } from './actions.ts'
import { TimelineEngine, type TimelineHost } from './engine.ts'
import type { Point } from './gestures.ts'
import { HeatLegend } from './HeatLegend.tsx'
import { GroupRail, useGroupSums } from './rail/GroupRail.tsx'
import { HoverCard, type Hover } from './HoverCard.tsx'
import { Minimap } from './overview/Minimap.tsx'
import { TimeAxis } from './TimeAxis.tsx'
import { TimelineCanvas } from './TimelineCanvas.tsx'
import { formatDays, localDay, zoneAheadS, zoneNames } from '../base/local-time.ts'
import { useFrameValue } from '../base/use-scheduled.ts'
import { minimapViewOf, useDensity, useExtent } from './overview/use-overview.ts'
import './timeline.css'

export interface TimelineProps {
  /** The same object until the page shows another run. */
  readonly host: TimelineHost
  readonly frames: Frames
  /** The data of the power track; undefined = no track. */
  readonly power?: TimelinePower | undefined
  /** Called with the actions for keys and commands, and with undefined on unmount. */
  readonly onActions: (actions: TimelineActions | undefined) => void
}

export interface TimelinePower {
  readonly energy: EnergyReport
  readonly ask: AskPower
  readonly onOffset: (file: number, offsetS: number) => void
}

const HOVER_MS = 80

export function TimelineView({ host, frames, power, onActions }: TimelineProps) {
  const engine = useEngine(host, frames)
  const [canvas, setCanvas] = useState<HTMLCanvasElement | null>(null)
  const [section, setSection] = useState<HTMLElement | null>(null)
  const [axis, setAxis] = useState<HTMLCanvasElement | null>(null)
  useFrames(frames, engine)
  useActions(onActions, engine, canvas)

  /** Renders again after the engine's size or scroll position has changed. */
  const [, renderAgain] = useReducer((count: number) => count + 1, 0)
  const onWheel = useCallback(
    (byPx: number) => engine.scrollTo(engine.scrollTopPx + byPx),
    [engine],
  )
  const onReveal = useCallback(
    (topPx: number, heightPx: number) => {
      const lowestPx = Math.max(0, topPx + heightPx - engine.heightPx)
      const next = Math.min(Math.max(engine.scrollTopPx, lowestPx), topPx)
      if (next === engine.scrollTopPx) return
      engine.scrollTo(next)
      // Before the scroll event, so that the next Tab finds the next group.
      engine.setScroll(next)
      renderAgain()
    },
    [engine],
  )
  const [hover, onHover] = useHover(engine, frames)

  engine.sync()
  const { columns } = host
  const { playheadS } = engine.state
  const sums = useGroupSums(columns, playheadS)
  return (
    <section
      ref={setSection}
      className={power === undefined ? 'timeline' : 'timeline has-power'}
      aria-label="Timeline"
    >
      <RunMinimap engine={engine} frames={frames} />
      <Corner engine={engine} frames={frames} />
      <GroupRail
        layout={engine.layout}
        sums={sums}
        scrollTopPx={engine.scrollTopPx}
        heightPx={engine.heightPx}
        onToggle={host.dispatch.toggleGroup}
        onWheel={onWheel}
        onReveal={onReveal}
      />
      <TimelineCanvas
        engine={engine}
        canvas={canvas}
        wheelArea={section}
        axis={axis}
        onCanvas={setCanvas}
        onView={renderAgain}
        onHover={onHover}
      />
      <TimeAxis engine={engine} onCanvas={setAxis} />
      {power !== undefined && <RunPowerTrack engine={engine} frames={frames} power={power} />}
      <HeatLegend heat={engine.heat()} />
      {hover !== undefined && canvas !== null ? (
        <HoverCard engine={engine} frames={frames} hover={hover} canvas={canvas} />
      ) : null}
    </section>
  )
}

interface RunProps {
  readonly engine: TimelineEngine
  readonly frames: Frames
}

/** The minimap of the run. Moving the view in it renders nothing. */
function RunMinimap({ engine, frames }: RunProps) {
  const onChange = useCallback(
    (viewport: Viewport) => engine.dispatch.setViewport(viewport, false),
    [engine],
  )
  const read = useCallback(() => minimapViewOf(engine), [engine])
  const { playheadS, clock } = engine.state
  return (
    <Minimap
      density={useDensity(engine, frames)}
      extent={useExtent(engine, frames)}
      read={read}
      frames={frames}
      playheadS={playheadS}
      clock={clock}
      onChange={onChange}
    />
  )
}

function RunPowerTrack({ engine, frames, power }: RunProps & { power: TimelinePower }) {
  const viewport = useFrameValue(frames, () => engine.state.viewport)
  const { range, playheadS, clock } = engine.state
  return (
    <PowerTrack
      {...power}
      viewport={viewport}
      range={range}
      widthPx={engine.widthPx}
      playheadS={playheadS}
      clock={clock}
      run={engine.columns}
      onRange={engine.dispatch.setRange}
    />
  )
}

/** Beside the axis: the origin of its times, or the days and the time zone of the view. */
function Corner({ engine, frames }: RunProps) {
  const days = useFrameValue(frames, () => daysInView(engine), areSameDays)
  if (days === undefined) {
    return (
      <div className="timeline-corner">
        {Number.isNaN(engine.columns.firstS) ? '' : 'since start'}
      </div>
    )
  }
  const { fromDay, toDay, fromAheadS, toAheadS } = days
  const zones = zoneNames(fromAheadS, toAheadS)
  const text = `${formatDays(fromDay, toDay)} ${zones}`
  return (
    <div className="timeline-corner absolute" title={text}>
      {text}
    </div>
  )
}

interface DaysInView {
  readonly fromDay: number
  readonly toDay: number
  readonly fromAheadS: number
  readonly toAheadS: number
}

/** Undefined while times are relative. */
function daysInView({ state, columns }: TimelineEngine): DaysInView | undefined {
  if (state.clock === 'relative' || Number.isNaN(columns.firstS)) return undefined
  const { startS, endS } = state.viewport
  return {
    fromDay: localDay(startS),
    toDay: localDay(endS),
    fromAheadS: zoneAheadS(startS),
    toAheadS: zoneAheadS(endS),
  }
}

function areSameDays(a: DaysInView | undefined, b: DaysInView | undefined): boolean {
  return (
    a?.fromDay === b?.fromDay &&
    a?.toDay === b?.toDay &&
    a?.fromAheadS === b?.fromAheadS &&
    a?.toAheadS === b?.toAheadS
  )
}

function useEngine(host: TimelineHost, frames: Frames): TimelineEngine {
  return useMemo(() => {
    const reducedMotion = window.matchMedia('(prefers-reduced-motion: reduce)')
    return new TimelineEngine({
      ...host,
      requestFrame: (reason) => frames.requestFrame(reason),
      nowMs: () => performance.now(),
      isMotionReduced: () => reducedMotion.matches,
    })
  }, [host, frames])
}

/** Runs the engine in the page's frames, and requests a frame after each render. */
function useFrames(frames: Frames, engine: TimelineEngine): void {
  useEffect(() => {
    const stopAdvance = frames.onFrame((nowMs) => engine.advance(nowMs), 'advance')
    const stopPaint = frames.onFrame((nowMs) => engine.paint(nowMs), 'paint')
    return () => {
      stopAdvance()
      stopPaint()
    }
  }, [frames, engine])
  useLayoutEffect(() => frames.requestFrame('timeline'))
}

function useActions(
  onActions: TimelineProps['onActions'],
  engine: TimelineEngine,
  canvas: HTMLCanvasElement | null,
): void {
  useEffect(() => {
    if (canvas === null) return undefined
    const visiblePx = (): number => Math.min(engine.widthPx, leftOfDetailsPx(canvas))
    onActions(createTimelineActions(engine, (options) => canvas.focus(options), visiblePx))
    return () => onActions(undefined)
  }, [onActions, engine, canvas])
}

/** Width left of the details panel, which covers the canvas of a narrow page; see details.css. */
function leftOfDetailsPx(canvas: HTMLCanvasElement): number {
  if (!window.matchMedia('(max-width: 1000px)').matches) return Infinity
  const detailsPx = Math.max(window.innerWidth / 2, 320)
  return Math.max(1, window.innerWidth - detailsPx - canvas.getBoundingClientRect().left)
}

/**
 * The span or mark on which the pointer has rested for a moment. A scroll, a zoom or a fold moves
 * another one below the pointer.
 */
function useHover(engine: TimelineEngine, frames: Frames) {
  const [hover, setHover] = useState<Hover | undefined>()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const point = useRef<Point | undefined>(undefined)
  const resting = useRef<Selected | undefined>(undefined)
  /** Returns whether another span or mark, or none, is below the pointer. */
  const update = useCallback((): boolean => {
    const at = point.current
    const selected = at === undefined ? undefined : engine.hitTest(at.xPx, at.yPx)
    const before = resting.current
    if (before?.type === selected?.type && before?.slot === selected?.slot) return false
    resting.current = selected
    clearTimeout(timer.current)
    if (at === undefined || selected === undefined) {
      setHover(undefined)
      return true
    }
    const timeS = engine.timeAt(at.xPx)
    timer.current = setTimeout(() => setHover({ selected, timeS }), HOVER_MS)
    return true
  }, [engine])
  const onHover = useCallback(
    (next: Point | undefined) => {
      point.current = next
      update()
    },
    [update],
  )
  useEffect(() => () => clearTimeout(timer.current), [])
  useEffect(() => {
    let { layout, scrollTopPx } = engine
    let { viewport } = engine.state
    return frames.onFrame(() => {
      if (point.current === undefined) return
      const { state } = engine
      const isSame =
        layout === engine.layout &&
        scrollTopPx === engine.scrollTopPx &&
        viewport === state.viewport
      if (isSame) return
      layout = engine.layout
      scrollTopPx = engine.scrollTopPx
      viewport = state.viewport
      if (update()) setHover(undefined)
    })
  }, [frames, engine, update])
  return [hover, onHover] as const
}
