/**
 * Actions of the timeline for the keyboard and the command palette. The timeline sets them as
 * `App.timeline.current` while it is mounted, since only it knows rows and scale.
 */
import type { Selected } from '../model/view-state.ts'

export interface TimelineActions {
  /** Zooms by one step around the middle of the viewport, with easing. */
  zoomIn(): void
  zoomOut(): void
  panLeft(): void
  panRight(): void
  /** Shows the selected bar, else the selected range. */
  fitSelection(): void
  fitAll(): void
  /** Selects the next or previous bar in the row of the selected bar. */
  nextInRow(): void
  previousInRow(): void
  selectParent(): void
  selectFirstChild(): void
  /** Selects the next match of the query. */
  nextMatch(): void
  nextError(): void
  previousError(): void
  /** Scrolls to a span or mark in both directions; keeps the scale if possible. */
  reveal(selected: Selected): void
  /** Scrolls to the row of a span or mark, at the same times. Returns false while it has no row. */
  scrollTo(selected: Selected): boolean
  focus(options?: FocusOptions): void
}
