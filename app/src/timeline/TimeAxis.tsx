/**
 * The time axis above the bars, drawn by the painter of the bars. Dragging along it moves the
 * playhead; the arrow keys of the page do the same.
 */
import { useRef, type PointerEvent } from 'react'
import type { TimelineEngine } from './engine.ts'

export interface TimeAxisProps {
  readonly engine: TimelineEngine
  readonly onCanvas: (canvas: HTMLCanvasElement | null) => void
}

export function TimeAxis({ engine, onCanvas }: TimeAxisProps) {
  const dragging = useRef(false)
  const seek = (event: PointerEvent<HTMLElement>): void => {
    const left = event.currentTarget.getBoundingClientRect().left
    engine.dispatch.seek(engine.timeAt(Math.min(Math.max(event.clientX - left, 0), engine.widthPx)))
  }
  return (
    <canvas
      ref={onCanvas}
      className="timeline-axis"
      style={{ width: engine.widthPx }}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        dragging.current = true
        seek(event)
      }}
      onPointerMove={(event) => {
        if (dragging.current) seek(event)
      }}
      onPointerUp={() => {
        dragging.current = false
      }}
      onPointerCancel={() => {
        dragging.current = false
      }}
    />
  )
}
