/**
 * The power in and around the view. It is asked for with room on both sides, so that panning has
 * something to show at once; until finer data is there, coarser is stretched.
 */
import { useEffect, useRef, useState } from 'react'
import type { Viewport } from '../store/view-state.ts'
import type { PowerAnswer } from '../worker/protocol.ts'

export type AskPower = (ask: {
  startS: number
  endS: number
  parts: number
}) => Promise<PowerAnswer>

/** So much of the view on either side of it. */
const MARGIN = 1
/** A part is at least so wide, CSS px: finer is not seen. */
const PART_PX = 1.5
const INTERVAL_MS = 120

/** @param version changes when there are new samples */
export function usePower(
  ask: AskPower,
  viewport: Viewport,
  widthPx: number,
  version: unknown,
): PowerAnswer | undefined {
  const [power, setPower] = useState<PowerAnswer>()
  const askedMs = useRef(-Infinity)
  const { startS, endS } = viewport
  const isFresh = useRef({ version, power: undefined as PowerAnswer | undefined })

  useEffect(() => {
    if (widthPx === 0 || !(endS > startS)) return undefined
    const { version: knownVersion, power: known } = isFresh.current
    if (knownVersion === version && known !== undefined && serves(known, viewport)) return undefined
    let isWanted = true
    const timer = setTimeout(
      () => {
        askedMs.current = performance.now()
        const spareS = (endS - startS) * MARGIN
        const parts = Math.ceil((widthPx * (1 + 2 * MARGIN)) / PART_PX)
        ask({ startS: startS - spareS, endS: endS + spareS, parts }).then(
          (answer) => {
            if (!isWanted) return
            isFresh.current = { version, power: answer }
            setPower(answer)
          },
          // The run was closed meanwhile; the track goes with it.
          () => undefined,
        )
      },
      Math.max(0, askedMs.current + INTERVAL_MS - performance.now()),
    )
    return () => {
      isWanted = false
      clearTimeout(timer)
    }
    // The viewport is its two times.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [ask, startS, endS, widthPx, version])
  return power
}

/** Whether an answer covers a view, and is about as fine as one that was made for it. */
function serves(power: PowerAnswer, { startS, endS }: Viewport): boolean {
  if (power.startS > startS || power.endS < endS) return false
  const finer = (power.endS - power.startS) / ((endS - startS) * (1 + 2 * MARGIN))
  return finer < 1.4 && finer > 0.6
}
