/**
 * The time offset of a telemetry file. Dragging the file's name moves its curve; the number field
 * sets the offset exactly, also with the keyboard.
 */
import { useRef, type PointerEvent } from 'react'
import { isolated } from '../../base/isolated.ts'
import { NameParts } from './NameParts.tsx'

export interface OffsetFieldProps {
  /** The file's name. */
  readonly name: string
  /** The names of all files. */
  readonly among: readonly string[]
  readonly offsetS: number
  /** Seconds per CSS px of the track. */
  readonly sPerPx: number
  readonly onChange: (offsetS: number) => void
}

export function OffsetField({ name, among, offsetS, sPerPx, onChange }: OffsetFieldProps) {
  const dragStart = useRef<{ xPx: number; offsetS: number } | undefined>(undefined)
  const drag = {
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0) return
      // Prevents the label from focusing its field.
      event.preventDefault()
      event.currentTarget.setPointerCapture(event.pointerId)
      dragStart.current = { xPx: event.clientX, offsetS }
    },
    onPointerMove(event: PointerEvent) {
      if (event.buttons === 0) dragStart.current = undefined
      if (dragStart.current === undefined) return
      const byS = (event.clientX - dragStart.current.xPx) * sPerPx
      onChange(toPixel(dragStart.current.offsetS + byS, sPerPx))
    },
    onPointerUp() {
      dragStart.current = undefined
    },
    onPointerCancel() {
      dragStart.current = undefined
    },
  }
  return (
    <label>
      <span
        className="power-name power-shift"
        title={`${isolated(name)}: drag to shift in time`}
        {...drag}
      >
        <NameParts name={name} among={among} />
        <span className="timeline-hidden"> shifted by</span>
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

/** Rounds to the resolution of a pixel. */
function toPixel(offsetS: number, sPerPx: number): number {
  const digits = Math.ceil(-Math.log10(sPerPx))
  return Number(offsetS.toFixed(Math.min(Math.max(digits, 0), 6)))
}
