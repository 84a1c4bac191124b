/**
 * Facts of the view, and nothing that can be derived from them. Written only by the transitions in
 * this folder; the timeline and the panels read them.
 */

export type ColorBy = 'kind' | 'joules' | 'watts'

/** What part of time is seen: Unix seconds at the left and right edge of the canvas. */
export interface Viewport {
  readonly startS: number
  readonly endS: number
}

export type Selected =
  | { readonly type: 'span'; readonly slot: number }
  | { readonly type: 'mark'; readonly slot: number }

export interface ViewState {
  readonly viewport: Viewport
  /** The view slides with "now" at 85 % of its width. */
  readonly following: boolean
  readonly selected: Selected | undefined
  /** A dragged range of time, Unix seconds. */
  readonly range: Viewport | undefined
  /** The playhead in Unix seconds; undefined = now (live) or the end of the log. */
  readonly playheadS: number | undefined
  readonly playing: boolean
  /** 0.25 – 64. */
  readonly speed: number
  /** Labels of folded groups. */
  readonly collapsed: ReadonlySet<string>
  readonly query: string
  /** By slot, 1 = matches the query; undefined = no query. Shorter than spanCount while catching up. */
  readonly matches: Uint8Array | undefined
  /** The same for marks, by their slot. */
  readonly markMatches: Uint8Array | undefined
  readonly clock: 'relative' | 'absolute'
  readonly groupBy: string
  /** What the colours of the bars mean. */
  readonly colorBy: ColorBy
  readonly theme: 'system' | 'light' | 'dark'
}
