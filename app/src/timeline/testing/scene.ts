/** Scenes of synthetic columns, and their bars drawn as letters. */
import { BarList, BarState } from '../layout/bar-list.ts'
import { collectBars } from '../layout/collect.ts'
import { layoutGroups } from '../layout/group-layout.ts'
import { RowIndex } from '../rows/row-index.ts'
import type { Scene } from '../layout/scene.ts'
import { timeScale } from '../layout/coordinates.ts'
import type { Viewport } from '../../model/view-state.ts'
import type { SyntheticTrace } from './columns.ts'

export interface SceneOptions {
  readonly viewport: Viewport
  readonly widthPx?: number
  readonly heightPx?: number
  readonly playheadS?: number
  readonly nowS?: number
  readonly live?: boolean
  readonly collapsed?: readonly string[]
  readonly scrollTopPx?: number
  readonly deviceRatio?: number
  readonly matches?: Uint8Array
}

export function sceneOf(trace: SyntheticTrace, options: SceneOptions): Scene {
  const { columns } = trace
  const widthPx = options.widthPx ?? 100
  const index = new RowIndex()
  index.sync(columns)
  const { matches } = options
  const matching = matches === undefined ? undefined : new RowIndex(matches)
  matching?.sync(columns)
  return {
    columns,
    heat: undefined,
    colorNames: columns.kinds,
    index,
    matching,
    markMatches: undefined,
    layout: layoutGroups(columns.groups, new Set(options.collapsed)),
    scale: timeScale(options.viewport, widthPx),
    scrollTopPx: options.scrollTopPx ?? 0,
    widthPx,
    heightPx: options.heightPx ?? 400,
    deviceRatio: options.deviceRatio ?? 1,
    playheadS: options.playheadS,
    nowS: options.nowS ?? columns.lastS,
    live: options.live ?? false,
    selected: undefined,
    range: undefined,
  }
}

/**
 * The bars of a scene, one line per row and one letter per pixel: the first letter of the kind, upper
 * case if it failed, `~` as the last pixel of an open bar, `?` of an ambiguous one, `·` for nothing.
 */
export function picture(scene: Scene): string[] {
  const bars = new BarList()
  collectBars(scene, bars)
  const rows = new Map<number, string[]>()
  for (let bar = 0; bar < bars.count; bar++) {
    const topPx = bars.topPx[bar]!
    const row = rows.get(topPx) ?? Array.from({ length: scene.widthPx }, () => '·')
    rows.set(topPx, row)
    const state = bars.state[bar]!
    const kind = scene.columns.kinds[bars.kind[bar]!] ?? '?'
    const letter = state & BarState.ERROR ? kind.slice(0, 1).toUpperCase() : kind.slice(0, 1)
    const toPx = Math.min(scene.widthPx, Math.round(bars.rightPx[bar]!))
    for (let x = Math.max(0, Math.round(bars.leftPx[bar]!)); x < toPx; x++) row[x] = letter
    if (state & BarState.OPEN) row[toPx - 1] = '~'
    if (state & BarState.AMBIGUOUS) row[toPx - 1] = '?'
  }
  return [...rows.entries()].toSorted(([a], [b]) => a - b).map(([, row]) => row.join(''))
}
