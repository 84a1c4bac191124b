/** What the strip above the timeline shows, and how often it need be told. */
import { useEffect, useMemo, useRef, useState } from 'react'
import { densityOf, type Density } from './density.ts'
import type { TimelineEngine, TimelineFacts } from './engine.ts'
import { stepped } from './space.ts'
import { Tally } from './tally.ts'

/** The overview need not be newer than this while a run grows. */
const DENSITY_MS = 250

/** What the overview shows; the same objects as long as nothing moves in it. */
export function useOverview(engine: TimelineEngine, { viewport, following }: TimelineFacts) {
  const whole = engine.extent()
  const now = engine.isLive() && following ? stepped(whole, viewport) : { extent: whole, viewport }
  const { firstS, lastS } = now.extent
  const { startS, endS } = now.viewport
  const extent = useMemo(() => ({ firstS, lastS }), [firstS, lastS])
  const view = useMemo(() => ({ startS, endS }), [startS, endS])
  return { extent, viewport: view }
}

/** The overview's data, a few times a second at most; the last state always comes. */
export function useDensity(engine: TimelineEngine): Density {
  const { columns } = engine
  const tally = useMemo(() => new Tally(), [])
  const [density, setDensity] = useState(() => densityOf(columns, tally, engine.nowS()))
  const takenMs = useRef(-Infinity)
  const { version } = columns
  // Open spans take time although nothing is heard of them.
  const second = Math.floor(engine.nowS())
  useEffect(() => {
    const waitMs = Math.max(0, takenMs.current + DENSITY_MS - performance.now())
    const timer = setTimeout(() => {
      takenMs.current = performance.now()
      setDensity(densityOf(columns, tally, engine.nowS()))
    }, waitMs)
    return () => clearTimeout(timer)
  }, [engine, columns, tally, version, second])
  return density
}
