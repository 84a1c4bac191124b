/** What the strip above the timeline shows, and how often it need be told. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Frames } from '../../base/frame.ts'
import type { Viewport } from '../../model/view-state.ts'
import { densityOf, type Density } from './density.ts'
import type { TimelineEngine } from '../engine.ts'
import { stepped, type Extent } from '../layout/space.ts'
import { Tally } from './density-bins.ts'
import { useFramed } from '../../base/use-framed.ts'

/** The overview need not be newer than this while a run grows. */
const DENSITY_MS = 500

export interface Overview {
  readonly extent: Extent
  readonly viewport: Viewport
}

/** What the overview shows and which part of it is seen, now. */
export function overviewOf(engine: TimelineEngine): Overview {
  const { viewport, following } = engine.facts
  const extent = engine.extent()
  return engine.isLive() && following ? stepped(extent, viewport) : { extent, viewport }
}

/** What it shows; the same object as long as that is the same. */
export function useExtent(engine: TimelineEngine, frames: Frames): Extent {
  return useFramed(frames, () => overviewOf(engine).extent, areSame)
}

function areSame(before: Extent, now: Extent): boolean {
  return before.firstS === now.firstS && before.lastS === now.lastS
}

/** The overview's data, a few times a second at most; the last state always comes. */
export function useDensity(engine: TimelineEngine, frames: Frames): Density {
  const { columns } = engine
  const tally = useMemo(() => new Tally(), [])
  const [density, setDensity] = useState(() => densityOf(columns, tally, engine.nowS()))
  const takenMs = useRef(-Infinity)
  const { version } = columns
  // Open spans take time although nothing is heard of them.
  const second = useFramed(frames, () => Math.floor(engine.nowS()))
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
