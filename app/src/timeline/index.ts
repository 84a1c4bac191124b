/** The timeline's door: what the page mounts. Names and colours of kinds are in their own files. */
export { Timeline } from './ConnectedTimeline.tsx'
