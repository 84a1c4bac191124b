/**
 * How far a telemetry file is shifted in time. Its name is a handle: dragged along, it takes the
 * curve with it; the number says the same exactly, and to those who use keys.
 */
import { useRef, type PointerEvent } from 'react'
import { visible } from '../../base/visible.ts'

export interface OffsetFieldProps {
  /** The file's name. */
  readonly name: string
  readonly offsetS: number
  /** Seconds that a CSS px of the track is long. */
  readonly sPerPx: number
  readonly onChange: (offsetS: number) => void
}

export function OffsetField({ name, offsetS, sPerPx, onChange }: OffsetFieldProps) {
  const begun = useRef<{ xPx: number; offsetS: number } | undefined>(undefined)
  const drag = {
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0) return
      // The label would hand the press on to its field.
      event.preventDefault()
      event.currentTarget.setPointerCapture(event.pointerId)
      begun.current = { xPx: event.clientX, offsetS }
    },
    onPointerMove(event: PointerEvent) {
      if (begun.current === undefined) return
      const byS = (event.clientX - begun.current.xPx) * sPerPx
      onChange(toPixel(begun.current.offsetS + byS, sPerPx))
    },
    onPointerUp() {
      begun.current = undefined
    },
    onPointerCancel() {
      begun.current = undefined
    },
  }
  return (
    <label>
      <span
        className="power-name power-shift"
        title={`${name}: drag to shift it in time`}
        {...drag}
      >
        {visible(name)} shifted by
      </span>
      <input
        type="number"
        step={0.1}
        value={offsetS}
        onChange={(event) => {
          const next = event.target.valueAsNumber
          if (Number.isFinite(next)) onChange(next)
        }}
      />
      s
    </label>
  )
}

/** With as many digits as a pixel can tell apart. */
function toPixel(offsetS: number, sPerPx: number): number {
  const digits = Math.ceil(-Math.log10(sPerPx))
  return Number(offsetS.toFixed(Math.min(Math.max(digits, 0), 6)))
}
