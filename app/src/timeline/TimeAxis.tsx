/**
 * The time axis above the bars, drawn by the painter of the bars. Dragging along it moves the
 * playhead; the arrow keys of the page do the same.
 */
import type { PointerEvent } from 'react'
import type { TimelineEngine } from './engine.ts'

export interface TimeAxisProps {
  readonly engine: TimelineEngine
  readonly onCanvas: (canvas: HTMLCanvasElement | null) => void
}

export function TimeAxis({ engine, onCanvas }: TimeAxisProps) {
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
        // The browser releases the pointer at the end of the drag.
        event.currentTarget.setPointerCapture(event.pointerId)
        seek(event)
      }}
      onPointerMove={(event) => {
        const isDrag = event.currentTarget.hasPointerCapture(event.pointerId)
        if (isDrag && event.buttons !== 0) seek(event)
      }}
    />
  )
}
