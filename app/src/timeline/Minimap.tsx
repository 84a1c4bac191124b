/**
 * The whole run in one strip: how dense each kind is, where errors are, and which part is seen.
 * The window is a brush: drag it, drag its edges, or focus an edge and use the arrow keys.
 */
import { AreaStack } from '@visx/shape'
import { memo, useMemo, useRef, type KeyboardEvent, type PointerEvent } from 'react'
import type { Viewport } from '../store/view-state.ts'
import type { Density } from './density.ts'
import { panViewport, type Extent } from './space.ts'
import { exactTime } from './ticks.ts'

export interface MinimapProps {
  readonly density: Density
  /** What the strip shows: the whole run; while that grows, in steps. */
  readonly extent: Extent
  readonly viewport: Viewport
  readonly playheadS: number | undefined
  readonly clock: 'relative' | 'absolute'
  readonly onChange: (viewport: Viewport) => void
}

const HEIGHT_PX = 56
/** Errors have the top of the strip, density the rest. */
const ERRORS_PX = 6
/** The window's edges never come closer than this share of the strip. */
const NARROWEST_SHARE = 0.002
const KEY_SHARE = 0.01
const FAST = 10

type Grip = 'start' | 'end' | 'window'

export const Minimap = memo(function Minimap(props: MinimapProps) {
  const { density, extent, viewport, playheadS, clock, onChange } = props
  const box = useRef<HTMLDivElement>(null)
  const drag = useRef<{ grip: Grip; fromX: number; from: Viewport } | undefined>(undefined)
  const wholeS = Math.max(extent.lastS - extent.firstS, 1e-6)
  const shareOf = (timeS: number): number => (timeS - extent.firstS) / wholeS
  const fromShare = Math.min(Math.max(shareOf(viewport.startS), 0), 1)
  const toShare = Math.min(Math.max(shareOf(viewport.endS), 0), 1)

  const timePerPx = (): number => wholeS / Math.max(box.current?.clientWidth ?? 1, 1)

  const begin = (grip: Grip, event: PointerEvent, from = viewport): void => {
    event.stopPropagation()
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { grip, fromX: event.clientX, from }
  }
  const beginOutside = (event: PointerEvent<HTMLDivElement>): void => {
    const { left } = event.currentTarget.getBoundingClientRect()
    const timeS = extent.firstS + (event.clientX - left) * timePerPx()
    const halfS = (viewport.endS - viewport.startS) / 2
    const centred = { startS: timeS - halfS, endS: timeS + halfS }
    onChange(centred)
    begin('window', event, centred)
  }
  const move = (event: PointerEvent): void => {
    if (drag.current === undefined) return
    const { grip, fromX, from } = drag.current
    onChange(moved(from, grip, (event.clientX - fromX) * timePerPx(), extent))
  }
  const end = (): void => {
    drag.current = undefined
  }
  const onKey = (grip: Grip, event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (step === 0) return
    // The page's own arrows move the playhead.
    event.preventDefault()
    event.stopPropagation()
    onChange(moved(viewport, grip, step * wholeS * KEY_SHARE * (event.shiftKey ? FAST : 1), extent))
  }
  const slider = (grip: 'start' | 'end', timeS: number) => ({
    role: 'slider',
    tabIndex: 0,
    'aria-label': grip === 'start' ? 'Start of the view' : 'End of the view',
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    'aria-valuenow': Math.round(Math.min(Math.max(shareOf(timeS), 0), 1) * 100),
    'aria-valuetext': exactTime(timeS, clock, extent.firstS),
    onPointerDown: (event: PointerEvent) => begin(grip, event),
    onKeyDown: (event: KeyboardEvent) => onKey(grip, event),
  })
  return (
    <div
      ref={box}
      className="timeline-minimap"
      role="group"
      aria-label="Overview of the run"
      onPointerDown={beginOutside}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={end}
    >
      <DensityPicture density={density} firstS={extent.firstS} wholeS={wholeS} />
      {playheadS === undefined ? null : (
        <i className="timeline-minimap-playhead" style={{ left: percent(shareOf(playheadS)) }} />
      )}
      <div className="timeline-minimap-shade" style={{ left: 0, width: percent(fromShare) }} />
      <div className="timeline-minimap-shade" style={{ left: percent(toShare), right: 0 }} />
      <div
        className="timeline-minimap-window"
        style={{ left: percent(fromShare), width: percent(toShare - fromShare) }}
        onPointerDown={(event) => begin('window', event)}
      >
        <div className="timeline-minimap-grip" {...slider('start', viewport.startS)} />
        <div className="timeline-minimap-grip" {...slider('end', viewport.endS)} />
      </div>
    </div>
  )
})

function moved(from: Viewport, grip: Grip, byS: number, extent: Extent): Viewport {
  const widthS = from.endS - from.startS
  const narrowestS = Math.min((extent.lastS - extent.firstS) * NARROWEST_SHARE, widthS)
  if (grip === 'window') return panViewport(from, byS / widthS, extent)
  // An edge outside of the strip is seen at its end, and is moved from where it is seen.
  if (grip === 'start') {
    const startS = Math.max(from.startS, extent.firstS) + byS
    return { startS: Math.min(startS, from.endS - narrowestS), endS: from.endS }
  }
  const endS = Math.min(from.endS, extent.lastS) + byS
  return { startS: from.startS, endS: Math.max(endS, from.startS + narrowestS) }
}

function percent(share: number): string {
  // A hundredth of a percent is less than half a pixel of a strip that fills a large screen.
  return `${(share * 100).toFixed(2)}%`
}

interface PictureProps {
  readonly density: Density
  readonly firstS: number
  readonly wholeS: number
}

/** Drawn in bins; the strip's box stretches it, so that a growing run redraws nothing. */
const DensityPicture = memo(function DensityPicture({ density, firstS, wholeS }: PictureProps) {
  const fromBin = (firstS - density.originS) / density.binS
  const bins = wholeS / density.binS
  if (!Number.isFinite(fromBin) || density.bins.length === 0) return null
  return (
    <svg
      aria-hidden="true"
      viewBox={`${fromBin} 0 ${bins} ${HEIGHT_PX}`}
      preserveAspectRatio="none"
    >
      <DensityAreas density={density} />
    </svg>
  )
})

const DensityAreas = memo(function DensityAreas({ density }: { density: Density }) {
  const { bins, series, highest } = density
  const keys = useMemo(() => series.map((_, at) => at), [series])
  const heightPx = HEIGHT_PX - ERRORS_PX - 2
  // To a tenth of a pixel: a path is text, and its digits are most of what the strip costs.
  const yOf = (value: number): number =>
    Math.round((HEIGHT_PX - (value / highest) * heightPx) * 10) / 10
  const errors = density.errorBins.map((bin) => `M${bin + 0.5} 0v${ERRORS_PX}`).join('')
  return (
    <>
      <g className="timeline-minimap-density">
        <AreaStack<number, number>
          data={[...bins]}
          keys={keys}
          value={(bin, key) => series[key]?.values[bin] ?? 0}
          x={(point) => point.data + 0.5}
          y0={(point) => yOf(point[0])}
          y1={(point) => yOf(point[1])}
        >
          {({ stacks, path }) =>
            stacks.map((stack) => (
              <path
                key={stack.key}
                d={path(stack) ?? ''}
                fill={`var(${series[stack.key]?.variable ?? '--text-muted'})`}
              />
            ))
          }
        </AreaStack>
      </g>
      <path className="timeline-minimap-error" d={errors} />
    </>
  )
})
