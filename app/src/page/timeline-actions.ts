/**
 * What the keyboard and the command palette can ask of the timeline. The timeline puts its
 * implementation into `App.timeline.current` while it is on screen; only it knows rows and scale.
 * The page mounts `<Timeline />` of timeline/index.ts, which takes no props and reads `useApp()`.
 */
export interface TimelineActions {
  /** Zoom by one step around the middle of what is seen, eased. */
  zoomIn(): void
  zoomOut(): void
  panLeft(): void
  panRight(): void
  /** Shows the selected bar, else the dragged range. */
  fitSelection(): void
  fitAll(): void
  /** Next and previous bar in the selected bar's row. */
  nextInLane(): void
  previousInLane(): void
  selectParent(): void
  selectFirstChild(): void
  nextError(): void
  previousError(): void
  /** Brings a span or mark into view, both ways, without changing the scale if it need not. */
  reveal(selected: { readonly type: 'span' | 'mark'; readonly slot: number }): void
  focus(options?: FocusOptions): void
}
