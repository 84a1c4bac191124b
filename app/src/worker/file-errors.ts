/** Messages for a file that cannot be read, or that has no events. */
import type { Ingestor } from './ingestor.ts'

/** Explains a read error; the browser's messages are not meant for users. */
export function unreadable(file: File, gzip: boolean, error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (name === 'NotFoundError') {
    return `${file.name} cannot be read: it is a folder, or it no longer exists. Choose the logs in it; npx wattline ${file.name} watches a folder.`
  }
  if (name === 'NotReadableError') {
    return `${file.name} has changed since it was chosen, or may not be read. Choose it again; npx wattline ${file.name} follows a file that grows.`
  }
  const cause = message.replace(/^Failed to execute [^:]*: |\.$/g, '')
  if (gzip) return `${file.name} could not be unpacked to its end: ${cause}.`
  return `${file.name} could not be read to its end: ${cause}. Choose it again.`
}

/** Explains why a file without events is not a log. */
export function noEvents(file: File, { malformed, tornLine, tornReason, trace }: Ingestor): string {
  const first = malformed[0]
  if (first !== undefined) {
    const more = trace.quality().malformed - 1
    const rest = more > 0 ? ` (and ${more.toLocaleString('en')} more lines)` : ''
    return `${file.name} is not a Wattline log. Line ${first.line}: ${first.reason}${rest}.`
  }
  if (tornReason !== undefined) {
    return `${file.name} is not a Wattline log. Line ${tornLine}: ${tornReason}.`
  }
  if (tornLine !== undefined) {
    return `${file.name} has no complete line: line ${tornLine} was cut off, or is still being written.`
  }
  return `${file.name} is empty: it has no events.`
}
