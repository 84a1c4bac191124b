/** The data of the minimap, updated only as often as changes are visible. */
import { useEffect, useMemo, useState } from 'react'
import { shallow } from 'zustand/shallow'
import type { Frames } from '../../base/frame.ts'
import { useFrameValue, useThrottle } from '../../base/use-scheduled.ts'
import type { Columns } from '../../model/columns.ts'
import type { Viewport } from '../../model/view-state.ts'
import { snapToSteps, type Extent } from '../layout/coordinates.ts'
import { DensityBins } from './density-bins.ts'
import { densityOf, type Density } from './density.ts'

/** The density of a growing run is updated at most this often. */
const DENSITY_MS = 500

/** The parts of the timeline engine that the minimap reads. */
export interface MinimapSource {
  readonly columns: Columns
  readonly state: { readonly viewport: Viewport; readonly following: boolean }
  extent(): Extent
  isLive(): boolean
  /** Now while live, else the end of the log; Unix seconds. */
  nowS(): number
}

/** The whole run and the visible part of it, as the minimap shows them. */
export interface MinimapView {
  readonly extent: Extent
  readonly viewport: Viewport
}

/** The current view; moves in steps while the timeline follows a live run. */
export function minimapViewOf(source: MinimapSource): MinimapView {
  const { viewport, following } = source.state
  const extent = source.extent()
  return source.isLive() && following ? snapToSteps(extent, viewport) : { extent, viewport }
}

/** The extent of the minimap; the same object while its values are the same. */
export function useExtent(source: MinimapSource, frames: Frames): Extent {
  return useFrameValue(frames, () => minimapViewOf(source).extent, shallow)
}

/** The density of the run, at most every {@link DENSITY_MS}. */
export function useDensity(source: MinimapSource, frames: Frames): Density {
  const { columns } = source
  const bins = useMemo(() => new DensityBins(), [])
  const [density, setDensity] = useState(() => densityOf(columns, bins, source.nowS()))
  const update = useThrottle(DENSITY_MS, () => setDensity(densityOf(columns, bins, source.nowS())))
  const { version } = columns
  // Open spans take time without new events.
  const second = useFrameValue(frames, () => Math.floor(source.nowS()))
  useEffect(() => update().schedule(), [update, source, columns, version, second])
  return density
}
