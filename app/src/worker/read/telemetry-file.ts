/** Reads a telemetry file that the user adds to a run. */
import { readTelemetry, type TelemetrySample } from '@wattline/trace'
import { counted } from '../../base/format.ts'
import { chunksOf } from './raw-lines.ts'

export interface TelemetryFile {
  readonly samples: readonly TelemetrySample[]
  /** Says which lines could not be read. */
  readonly note: string | undefined
}

/** @throws {Error} if the file has no samples; its message can be shown to the user */
export async function readTelemetryFile(file: File): Promise<TelemetryFile> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const found = await readTelemetry(chunksOf(file.stream()), (bytes) => utf8.decode(bytes))
  if ('reason' in found) throw new Error(`${file.name} is not a telemetry file: ${found.reason}.`)
  const { samples, unreadable } = found
  if (samples.length > 0) return { samples, note: noteOf(file.name, unreadable) }
  throw new Error(`${file.name} has no telemetry samples. A sample has a timestamp and a reading.`)
}

function noteOf(
  name: string,
  lines: readonly { readonly line: number; readonly reason: string }[],
): string | undefined {
  const [first] = lines
  if (first === undefined) return undefined
  return `${name}: ${counted(lines.length, 'line')} cannot be read (line ${first.line}: ${first.reason})`
}
