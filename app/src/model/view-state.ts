/** The state of the view, without values that can be derived from it. Only transitions change it. */

export type ColorBy = 'kind' | 'joules' | 'watts'

/** The visible range of time: Unix seconds at the left and right edge of the canvas. */
export interface Viewport {
  readonly startS: number
  readonly endS: number
}

export interface Selected {
  readonly type: 'span' | 'mark'
  readonly slot: number
}

export interface ViewState {
  readonly viewport: Viewport
  /** Whether the viewport slides, with "now" at 85 % of its width. */
  readonly following: boolean
  readonly selected: Selected | undefined
  /** The range of time that the user dragged, Unix seconds. */
  readonly range: Viewport | undefined
  /** Unix seconds; undefined = now in a live run, else the end of the log. */
  readonly playheadS: number | undefined
  readonly playing: boolean
  /** 0.25 – 64. */
  readonly speed: number
  /** Labels of collapsed groups. */
  readonly collapsed: ReadonlySet<string>
  readonly query: string
  /** By slot, 1 = matches the query; undefined = no query. May be shorter than `spanCount`. */
  readonly matches: Uint8Array | undefined
  /** The same for marks. */
  readonly markMatches: Uint8Array | undefined
  readonly clock: 'relative' | 'absolute'
  readonly groupBy: string
  /** What the colors of the bars mean. */
  readonly colorBy: ColorBy
  readonly theme: 'system' | 'light' | 'dark'
}
