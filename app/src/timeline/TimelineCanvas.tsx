/**
 * The canvas of bars. It sticks inside a native scroll container and paints the visible part. A live
 * region describes the selection to screen readers.
 */
import { useEffect, useId, useLayoutEffect, useState } from 'react'
import { MarkFlag } from '../model/patch.ts'
import { readTheme } from './paint/theme.ts'
import { spokenSelection } from '../model/span-labels.ts'
import type { TimelineEngine } from './engine.ts'
import { attachGestures, type Point } from './gestures.ts'
import { createHatch, createPainter } from './paint/paint.ts'
import { DiamondStamps } from './paint/paint-marks.ts'
import { PixelTicks, PixelBars } from './paint/paint-pixels.ts'

export interface TimelineCanvasProps {
  readonly engine: TimelineEngine
  /** The canvas that `onCanvas` was called with. */
  readonly canvas: HTMLCanvasElement | null
  /** The element whose wheel events zoom and pan. */
  readonly wheelArea: HTMLElement | null
  /** The canvas of the time axis, painted in the same frames. */
  readonly axis: HTMLCanvasElement | null
  readonly onCanvas: (canvas: HTMLCanvasElement | null) => void
  /** The engine's size or scroll position has changed. */
  readonly onView: () => void
  readonly onHover: (point: Point | undefined) => void
}

/** Room below the last group. */
const BELOW_PX = 24

export function TimelineCanvas(props: TimelineCanvasProps) {
  const { engine, canvas, wheelArea, axis, onCanvas, onView, onHover } = props
  const descriptionId = useId()
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null)
  useScroller(engine, scroller)
  useSize(engine, scroller, onView)
  useTheme(engine, canvas, axis)
  useEffect(() => {
    if (canvas === null || wheelArea === null) return undefined
    return attachGestures(canvas, wheelArea, engine, onHover)
  }, [engine, canvas, wheelArea, onHover])
  return (
    <div
      ref={setScroller}
      className="timeline-scroll"
      onScroll={(event) => {
        engine.setScroll(event.currentTarget.scrollTop)
        onView()
      }}
    >
      <div className="timeline-sizer" style={{ height: engine.layout.heightPx + BELOW_PX }}>
        {/* oxlint-disable jsx-a11y/no-interactive-element-to-noninteractive-role -- an application handles its own keys */}
        <canvas
          ref={onCanvas}
          className="timeline-canvas"
          style={{ height: engine.heightPx }}
          tabIndex={0}
          role="application"
          aria-roledescription="timeline"
          aria-label="Timeline of spans"
          aria-describedby={descriptionId}
          onKeyDown={showFocus}
        />
        {/* oxlint-enable */}
      </div>
      <p id={descriptionId} className="timeline-hidden" aria-live="polite">
        {describeSelection(engine)}
      </p>
    </div>
  )
}

/** Shows the focus ring at the first key, even if a script focused the canvas without one. */
function showFocus({ currentTarget: canvas }: { readonly currentTarget: HTMLCanvasElement }): void {
  if (canvas.matches(':focus-visible')) return
  canvas.blur()
  canvas.focus({ preventScroll: true, focusVisible: true })
}

/** The selection as text. */
function describeSelection({ columns, state }: TimelineEngine): string {
  const { selected, playheadS } = state
  const exists =
    selected?.type === 'span'
      ? selected.slot < columns.spanCount
      : selected !== undefined &&
        selected.slot < columns.markCount &&
        (columns.markFlags.at(selected.slot) & MarkFlag.REMOVED) === 0
  return spokenSelection(columns, exists ? selected : undefined, playheadS)
}

function useScroller(engine: TimelineEngine, scroller: HTMLDivElement | null): void {
  useLayoutEffect(() => {
    if (scroller === null) return undefined
    engine.setScroller((top) => scroller.scrollTo({ top }))
    return () => engine.setScroller(undefined)
  }, [engine, scroller])
}

/** Passes the size of the canvas to the engine. */
function useSize(
  engine: TimelineEngine,
  scroller: HTMLDivElement | null,
  onSize: () => void,
): void {
  useLayoutEffect(() => {
    if (scroller === null) return undefined
    const resize = (): void => {
      const ratio = window.devicePixelRatio || 1
      const { clientWidth, clientHeight } = scroller
      const isSame = clientWidth === engine.widthPx && clientHeight === engine.heightPx
      if (isSame && ratio === engine.deviceRatio) return
      engine.setSize(clientWidth, clientHeight, ratio)
      onSize()
    }
    // Also reports the first size, after layout: measuring here would force a layout.
    const observer = new ResizeObserver(resize)
    observer.observe(scroller)
    // Zooming the page or moving it to another screen changes only the ratio.
    window.addEventListener('resize', resize)
    return () => {
      observer.disconnect()
      window.removeEventListener('resize', resize)
    }
  }, [engine, scroller, onSize])
}

/** Creates the painter, again whenever the theme of the page or the system changes. */
function useTheme(
  engine: TimelineEngine,
  canvas: HTMLCanvasElement | null,
  axisCanvas: HTMLCanvasElement | null,
): void {
  useLayoutEffect(() => {
    const context = canvas?.getContext('2d', { alpha: false })
    if (canvas === null || !context) return undefined
    const axis = axisCanvas?.getContext('2d', { alpha: false }) ?? undefined
    const createCanvas = (): HTMLCanvasElement => document.createElement('canvas')
    const [forBars, forTicks] = [createCanvas().getContext('2d'), createCanvas().getContext('2d')]
    const pixels = forBars === null ? undefined : new PixelBars(forBars)
    const ticks = forTicks === null ? undefined : new PixelTicks(forTicks)
    const read = (): void => {
      const styles = getComputedStyle(canvas)
      const theme = readTheme((name) => styles.getPropertyValue(name))
      const hatch = createHatch(createCanvas(), theme.barColors('wait').fill, engine.deviceRatio)
      const stamps = new DiamondStamps()
      engine.setPainter(createPainter(context, theme, { hatch, pixels, stamps, ticks, axis }))
    }
    read()
    const observer = new MutationObserver(read)
    const attributeFilter = ['data-theme', 'class', 'style']
    observer.observe(document.documentElement, { attributes: true, attributeFilter })
    const dark = window.matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', read)
    return () => {
      observer.disconnect()
      dark.removeEventListener('change', read)
      engine.setPainter(undefined)
    }
  }, [engine, canvas, axisCanvas])
}
