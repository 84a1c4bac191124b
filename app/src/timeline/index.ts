/** The timeline's door: what the page mounts, and what tests show alone. */
export { Timeline } from './ConnectedTimeline.tsx'
export { TimelineView, type TimelineProps } from './Timeline.tsx'
export { kindVariable } from './theme.ts'
export { barLabel, flagWords, kindLabel } from './describe.ts'
export { exactTime } from './ticks.ts'
