/** Everything the picture of one frame depends on. Layout and paint are functions of it. */
import type { TraceColumns } from '../../model/trace-columns.ts'
import type { Selected, Viewport } from '../../model/view-state.ts'
import type { GroupLayout } from './group-layout.ts'
import type { Heat } from './heat.ts'
import type { RowIndex } from '../rows/row-index.ts'
import type { TimeScale } from './coordinates.ts'

export interface Scene {
  readonly columns: TraceColumns
  /** Bars are colored by what they use; undefined = by kind. */
  readonly heat: Heat | undefined
  /** Names of the bars' colors, by the number that a bar has: kinds, or steps of heat. */
  readonly colorNames: readonly string[]
  readonly index: RowIndex
  /** The spans that match the query, by row; undefined = no query, nothing is dimmed. */
  readonly matching: RowIndex | undefined
  /** By mark's slot, 1 = matches the query. */
  readonly markMatches: Uint8Array | undefined
  readonly layout: GroupLayout
  readonly scale: TimeScale
  /** How far the groups are scrolled up. */
  readonly scrollTopPx: number
  readonly widthPx: number
  readonly heightPx: number
  readonly deviceRatio: number
  /** The clip of playback, Unix seconds; undefined = now or the end of the log. */
  readonly playheadS: number | undefined
  /** Where open bars end without a playhead, Unix seconds. */
  readonly nowS: number
  readonly live: boolean
  readonly selected: Selected | undefined
  readonly range: Viewport | undefined
}
