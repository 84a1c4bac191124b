/** What the strip above the timeline shows, and how often it need be told. */
import { useEffect, useMemo, useState } from 'react'
import type { Frames } from '../../base/frame.ts'
import type { Viewport } from '../../model/view-state.ts'
import { densityOf, type Density } from './density.ts'
import type { TraceColumns } from '../../model/trace-columns.ts'
import { snapToSteps, type Extent } from '../layout/coordinates.ts'
import { DensityBins } from './density-bins.ts'
import { useFrameValue, useThrottle } from '../../base/use-scheduled.ts'

/** The overview need not be newer than this while a run grows. */
const DENSITY_MS = 500

/** The parts of the timeline engine that the overview reads. */
export interface MinimapSource {
  readonly columns: TraceColumns
  readonly facts: { readonly viewport: Viewport; readonly following: boolean }
  extent(): Extent
  isLive(): boolean
  /** The right end of time, Unix seconds. */
  nowS(): number
}

export interface MinimapView {
  readonly extent: Extent
  readonly viewport: Viewport
}

/** What the overview shows and which part of it is seen, now. */
export function minimapViewOf(engine: MinimapSource): MinimapView {
  const { viewport, following } = engine.facts
  const extent = engine.extent()
  return engine.isLive() && following ? snapToSteps(extent, viewport) : { extent, viewport }
}

/** What it shows; the same object as long as that is the same. */
export function useExtent(engine: MinimapSource, frames: Frames): Extent {
  return useFrameValue(frames, () => minimapViewOf(engine).extent, areSame)
}

function areSame(before: Extent, now: Extent): boolean {
  return before.firstS === now.firstS && before.lastS === now.lastS
}

/** The overview's data, a few times a second at most; the last state always comes. */
export function useDensity(engine: MinimapSource, frames: Frames): Density {
  const { columns } = engine
  const tally = useMemo(() => new DensityBins(), [])
  const [density, setDensity] = useState(() => densityOf(columns, tally, engine.nowS()))
  const update = useThrottle(DENSITY_MS, () => setDensity(densityOf(columns, tally, engine.nowS())))
  const { version } = columns
  // Open spans take time although nothing is heard of them.
  const second = useFrameValue(frames, () => Math.floor(engine.nowS()))
  useEffect(() => update().schedule(), [update, engine, columns, version, second])
  return density
}
