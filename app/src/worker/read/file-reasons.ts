/** Why a file of the visitor's shows nothing, or not all, in words of the page. */
import type { Ingestor } from '../ingestor.ts'

/** Browsers word it for programmers: the usual causes are said in words of the page. */
export function unreadable(file: File, gzip: boolean, error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (name === 'NotFoundError') {
    return `${file.name} cannot be read: it is a folder, or is no longer there. Choose the logs in it; npx wattline ${file.name} watches a folder.`
  }
  if (name === 'NotReadableError') {
    return `${file.name} has changed since it was chosen, or may not be read. Choose it again; npx wattline ${file.name} follows a file that grows.`
  }
  const cause = message.replace(/^Failed to execute [^:]*: |\.$/g, '')
  if (gzip) return `${file.name} could not be unpacked to its end: ${cause}.`
  return `${file.name} could not be read to its end: ${cause}. Choose it again.`
}

export function nothingIn(
  file: File,
  { malformed, tornLine, tornReason, trace }: Ingestor,
): string {
  const first = malformed[0]
  if (first === undefined && tornReason !== undefined) {
    return `${file.name} has no events. Line ${tornLine}: ${tornReason}.`
  }
  if (first === undefined && tornLine !== undefined) {
    return `${file.name} has no line that ends: line ${tornLine} was cut off, or is still being written.`
  }
  if (first === undefined) return `${file.name} is empty: there is no event in it.`
  const more = trace.quality().malformed - 1
  const rest = more > 0 ? `; ${more.toLocaleString('en')} more` : ''
  return `${file.name} has no events. Line ${first.line}: ${first.reason}${rest}.`
}
