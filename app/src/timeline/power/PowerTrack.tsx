/**
 * The power curve below the bars, on the same time axis. Pointing at it, or moving along it with the
 * arrow keys, reads the power at one time; dragging selects a range.
 */
import { formatWatts } from '@wattline/trace'
import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import type { Viewport } from '../../model/view-state.ts'
import { formatTime, type RunTimes } from '../../base/format.ts'
import { arrowKeyShare } from '../layout/arrow-keys.ts'
import type { EnergyReport } from '../../model/run-info.ts'
import { PowerAreas } from './PowerAreas.tsx'
import { readingAt, scaleTopW, type PowerReading } from './power-picture.ts'
import { PowerRail } from './PowerRail.tsx'
import { usePower, type AskPower } from './use-power.ts'
import './power.css'

/** A shorter drag is a click. */
const DRAG_PX = 3

export interface PowerTrackProps {
  readonly energy: EnergyReport
  readonly ask: AskPower
  readonly viewport: Viewport
  readonly range: Viewport | undefined
  /** Width of the canvas above, without its scroll bar. */
  readonly widthPx: number
  readonly playheadS: number | undefined
  readonly clock: 'relative' | 'absolute'
  readonly run: RunTimes
  readonly onRange: (range: Viewport | undefined) => void
  readonly onOffset: (file: number, offsetS: number) => void
}

export function PowerTrack(props: PowerTrackProps) {
  const { energy, viewport, range, widthPx, playheadS, clock, run } = props
  const power = usePower(props.ask, viewport, widthPx, energy)
  const [cursorS, setCursor] = useState<number>()
  const wholeS = viewport.endS - viewport.startS
  const shareOf = (timeS: number): number => (timeS - viewport.startS) / wholeS
  const drag = useRangeDrag(props, setCursor)

  const atS = cursorS ?? playheadS
  const isKnown = atS !== undefined && atS <= (playheadS ?? Infinity)
  const reading = power !== undefined && isKnown ? readingAt(power, atS) : undefined
  const topW = scaleTopW(energy.sources.map(({ peakW = 0 }) => peakW))
  const knownShare = playheadS === undefined ? 1 : within(shareOf(playheadS))

  const onKey = (event: KeyboardEvent): void => {
    const byS = arrowKeyShare(event) * wholeS
    if (byS === 0) return
    const fromS = atS ?? viewport.startS + wholeS / 2
    setCursor(Math.min(Math.max(fromS + byS, viewport.startS), viewport.endS))
  }
  return (
    <>
      <PowerRail
        energy={energy}
        reading={reading}
        sPerPx={wholeS / Math.max(widthPx, 1)}
        onOffset={props.onOffset}
      />
      <div className="power-track">
        <div
          className="power-plot"
          style={{ width: widthPx }}
          role="slider"
          tabIndex={0}
          aria-label={`Power of ${energy.sources.map(({ name }) => name).join(', ')}`}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(within(atS === undefined ? 0.5 : shareOf(atS)) * 100)}
          aria-valuetext={
            atS === undefined
              ? 'Use the arrow keys to read the power at a time'
              : `${readingText(reading)} at ${formatTime(atS, run, clock)}`
          }
          onKeyDown={onKey}
          onBlur={() => setCursor(undefined)}
          {...drag}
        >
          {power !== undefined && (
            <PowerAreas power={power} viewport={viewport} topW={topW} knownShare={knownShare} />
          )}
          <span className="power-top" aria-hidden="true">
            {formatWatts(topW)}
          </span>
          {range !== undefined && (
            <i
              className="power-range"
              style={{
                left: percent(within(shareOf(range.startS))),
                right: percent(1 - within(shareOf(range.endS))),
              }}
            />
          )}
          {knownShare < 1 && <i className="power-veil" style={{ left: percent(knownShare) }} />}
          {atS !== undefined && shareOf(atS) >= 0 && shareOf(atS) <= 1 && (
            <Reading at={shareOf(atS)} reading={reading} time={formatTime(atS, run, clock)} />
          )}
        </div>
      </div>
    </>
  )
}

/** Pointing moves the cursor, dragging selects a range, a click clears it. */
function useRangeDrag(
  { viewport, onRange }: PowerTrackProps,
  setCursor: (timeS: number | undefined) => void,
) {
  const dragStart = useRef<{ atS: number; xPx: number } | undefined>(undefined)
  const timeOf = (event: PointerEvent): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    const share = (event.clientX - left) / Math.max(width, 1)
    return viewport.startS + share * (viewport.endS - viewport.startS)
  }
  const isDrag = (event: PointerEvent): boolean =>
    dragStart.current !== undefined && Math.abs(event.clientX - dragStart.current.xPx) >= DRAG_PX
  return {
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      dragStart.current = { atS: timeOf(event), xPx: event.clientX }
    },
    onPointerMove(event: PointerEvent) {
      if (event.buttons === 0) dragStart.current = undefined
      const atS = timeOf(event)
      setCursor(atS)
      if (dragStart.current === undefined || !isDrag(event)) return
      const fromS = dragStart.current.atS
      onRange({ startS: Math.min(fromS, atS), endS: Math.max(fromS, atS) })
    },
    onPointerUp(event: PointerEvent) {
      if (dragStart.current !== undefined && !isDrag(event)) onRange(undefined)
      dragStart.current = undefined
    },
    onPointerCancel() {
      dragStart.current = undefined
    },
    onPointerLeave() {
      setCursor(undefined)
    },
  }
}

interface ReadingProps {
  /** Position as a share of the view. */
  readonly at: number
  readonly reading: PowerReading | undefined
  readonly time: string
}

/** The reading beside the cursor, on the side with room. */
function Reading({ at, reading, time }: ReadingProps) {
  return (
    <>
      <i className="power-cursor" style={{ left: percent(at) }} />
      <span
        className={`power-reading ${at > 0.7 ? 'before' : ''}`}
        style={{ left: percent(at) }}
        aria-hidden="true"
      >
        <strong>{readingText(reading)}</strong> <span>{time}</span>
      </span>
    </>
  )
}

function readingText(reading: PowerReading | undefined): string {
  if (reading?.totalW === undefined) return 'unknown'
  const load = reading.utilizationPct
  return `${formatWatts(reading.totalW)}${load === undefined ? '' : ` · ${Math.round(load)} %`}`
}

function within(share: number): number {
  return Math.min(Math.max(share, 0), 1)
}

function percent(share: number): string {
  return `${share * 100}%`
}
