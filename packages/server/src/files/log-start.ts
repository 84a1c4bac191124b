/** When a log starts, told by its first lines. */
import { parseLine } from '@wattline/trace'

const LOOK_AT_LINES = 20

/** Unix seconds of the first event or sample among the first lines; undefined if none is one. */
export function startOfLog(head: Uint8Array): number | undefined {
  const lines = new TextDecoder().decode(head).split('\n', LOOK_AT_LINES + 1)
  // The last piece is cut somewhere, unless it is empty.
  for (const text of lines.slice(0, LOOK_AT_LINES)) {
    const line = parseLine(text.replace(/\r$/, ''))
    if (line.type === 'event') return line.event.timestamp
    if (line.type === 'sample') return line.sample.timestamp
  }
  return undefined
}
