/**
 * The timeline's door: what the page mounts. Inside, model → layout → paint, imports one way:
 *
 * - `row-index`, `group-sums` and `tally` follow the columns; `row-tree` is one row with its levels of detail
 * - `space` and `group-layout` say where things are; `scene` is all that one frame depends on
 * - `collect` turns a scene into bars, `geometry` finds and hits them, `paint` draws them
 * - `engine` drives this frame by frame; `actions` and `gestures` are its hands
 * - the components around it: axis, rail, overview, canvas and card
 */
export { Timeline } from './ConnectedTimeline.tsx'
