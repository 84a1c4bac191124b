/**
 * The power in and around the view. Requests include the time before and after the view, so that
 * panning can show data immediately; after zooming, the old answer is stretched until the new one
 * arrives.
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

/** Time requested on either side of the view, as a share of the view. */
const MARGIN = 1
/** The least width of a part. */
const PART_PX = 1.5
const INTERVAL_MS = 120
/** How much coarser or finer than a new answer an old one can be. */
const TOLERANCE = 1.5

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
    // Answers for an old view are used, too: they are the best available.
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

/** Whether an answer covers a view at about the resolution of a new answer. */
function serves(power: PowerAnswer | undefined, startS: number, endS: number): boolean {
  if (power === undefined || power.startS > startS || power.endS < endS) return false
  const wider = (power.endS - power.startS) / ((endS - startS) * (1 + 2 * MARGIN))
  return wider < TOLERANCE && wider > 1 / TOLERANCE
}
