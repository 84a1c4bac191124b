/**
 * The timeline of a run, as the page mounts it. The folders build on each other in this order:
 *
 * - `rows`: an index of the spans and marks by row, with levels of detail
 * - `layout`: positions, bars and labels of a frame, and hit tests, as pure functions of a `Scene`
 * - `paint`: draws a scene on a canvas
 * - `overview`, `rail`, `power`: minimap, group names and power track around the canvas
 *
 * At the top, `engine` drives them frame by frame, `gestures` and `actions` control it, and the
 * components put everything on the page.
 */
export { Timeline } from './ConnectedTimeline.tsx'
