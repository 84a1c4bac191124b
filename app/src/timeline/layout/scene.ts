/** Everything a frame depends on. Layout, hit-test and paint are functions of it. */
import type { Columns } from '../../model/columns.ts'
import type { Selected, Viewport } from '../../model/view-state.ts'
import type { GroupLayout } from './group-layout.ts'
import type { Heat } from './heat.ts'
import type { RowIndex } from '../rows/row-index.ts'
import type { TimeScale } from './coordinates.ts'

export interface Scene {
  readonly columns: Columns
  /** Colors bars by energy or power; undefined = by kind. */
  readonly heat: Heat | undefined
  /** Color names by `BarList.kind`: names of kinds, or of heat steps. */
  readonly colorNames: readonly string[]
  readonly index: RowIndex
  /** The spans that match the query; undefined = no query, nothing is dimmed. */
  readonly matching: RowIndex | undefined
  /** By slot of a mark, 1 = matches the query. */
  readonly markMatches: Uint8Array | undefined
  readonly layout: GroupLayout
  readonly scale: TimeScale
  /** How far the groups are scrolled, CSS px. */
  readonly scrollTopPx: number
  readonly widthPx: number
  readonly heightPx: number
  readonly deviceRatio: number
  /** Unix seconds; undefined = at now, or at the end of the log. */
  readonly playheadS: number | undefined
  /** The end of open bars without a playhead, Unix seconds. */
  readonly nowS: number
  readonly live: boolean
  readonly selected: Selected | undefined
  readonly range: Viewport | undefined
}
