/**
 * The power in and around the view. It is asked for with room on both sides, so that panning has
 * something to show at once; until finer data is there, coarser is stretched.
 */
import { useEffect, useState } from 'react'
import { useThrottle } from '../../base/use-scheduled.ts'
import type { Viewport } from '../../model/view-state.ts'
import type { PowerAnswer } from '../../model/answers.ts'

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
/** How much coarser or finer than made for the view an answer may be. */
const ABOUT = 1.5

/** @param version changes when there are new samples */
export function usePower(
  ask: AskPower,
  { startS, endS }: Viewport,
  widthPx: number,
  version: unknown,
): PowerAnswer | undefined {
  const [known, setKnown] = useState<{ power: PowerAnswer; version: unknown }>()
  const isServed = known?.version === version && serves(known?.power, startS, endS)

  const request = useThrottle(INTERVAL_MS, () => {
    const spareS = (endS - startS) * MARGIN
    const parts = Math.ceil((widthPx * (1 + 2 * MARGIN)) / PART_PX)
    // An answer for a view that has moved on is still the best there is.
    ask({ startS: startS - spareS, endS: endS + spareS, parts }).then(
      (power) => setKnown({ power, version }),
      (error: Error) => console.warn(`Power: ${error.message}`),
    )
  })
  useEffect(() => {
    if (isServed || widthPx === 0 || !(endS > startS)) request().cancel()
    else request().schedule()
  }, [request, ask, startS, endS, widthPx, version, isServed])
  return known?.power
}

/** Whether an answer covers a view, and is about as fine as one that was made for it. */
function serves(power: PowerAnswer | undefined, startS: number, endS: number): boolean {
  if (power === undefined || power.startS > startS || power.endS < endS) return false
  const wider = (power.endS - power.startS) / ((endS - startS) * (1 + 2 * MARGIN))
  return wider < ABOUT && wider > 1 / ABOUT
}
