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
export function noEvents(file: File, { malformed, tornLine, tornReason }: Ingestor): string {
  const line = malformed[0]?.line ?? tornLine
  const reason = malformed[0]?.reason ?? tornReason
  if (reason !== undefined) {
    // Of a line that is not JSON, the text itself explains enough.
    const text = reason.replace(/^expected a JSON object, got /, '')
    return `${file.name} is not a JSONL log (line ${line}: ${text})`
  }
  if (tornLine !== undefined) {
    return `${file.name} has no complete line: line ${tornLine} was cut off, or is still being written.`
  }
  return `${file.name} is empty: it has no events.`
}
