/** Reads the beginning of a log: its first records, and whether each line is one. */
import { type Decode, LineSplitter, parseJson } from '@wattline/trace'
import { isFields } from '../read/fields.ts'
import type { Sample } from '../read/format.ts'
import { JsonValues } from './json-values.ts'
import { closeTruncated } from './truncated.ts'

/** Records that are looked at. */
const SAMPLE_RECORDS = 20

export interface Layout extends Sample {
  /** Whether every line is a value of its own. */
  readonly isLines: boolean
  /** Whether more bytes would not change the records. */
  readonly isFull: boolean
}

/**
 * @param head the first bytes of the log
 * @param isWhole whether the log has no more bytes
 */
export function sampleOf(head: Uint8Array, isWhole: boolean, decode: Decode): Layout {
  const lines = firstLines(head, isWhole)
  const parsed = lines.map((line) => parsedLine(line, decode))
  const records = parsed.flat()
  const isFull = lines.length >= SAMPLE_RECORDS
  // Lines of a document laid out over several lines are rarely values of their own.
  const whole = parsed.filter((values) => values.length > 0).length
  if (records.length > 0 && (parsed[0]!.length > 0 || whole * 2 > lines.length)) {
    const sample = records.slice(0, SAMPLE_RECORDS)
    return { records: sample, isLines: true, isArray: false, entries: [], isFull }
  }
  const values = firstValues(head, decode)
  // Twenty lines of text, none of which begins a value.
  const isText = isFull && values.records.length === 0
  return { ...values, isLines: false, entries: [], isFull: isText }
}

/** The first lines that are complete and not blank. */
function firstLines(head: Uint8Array, isWhole: boolean): Uint8Array[] {
  const lines: Uint8Array[] = []
  const splitter = new LineSplitter()
  const take = (line: Uint8Array): void => {
    const isKept = lines.length < SAMPLE_RECORDS && line.some((byte) => byte > 32)
    if (isKept) lines.push(line.slice())
  }
  splitter.push(head, take)
  if (isWhole && splitter.finish() !== undefined) take(splitter.tornBytes())
  return lines
}

/** The records of a line; none if it is not one value or several. */
function parsedLine(line: Uint8Array, decode: Decode): unknown[] {
  const text = textOf(line, decode)
  if (text === undefined) return []
  const parsed = parseJson(text)
  if (parsed.ok) return isRecord(parsed.value) ? [parsed.value] : []
  return /\}\s*\{/.test(text) ? [...firstValues(line, decode).records] : []
}

/** The first values of bytes laid out in any way. A last one without its end has the fields before. */
function firstValues(
  head: Uint8Array,
  decode: Decode,
): { readonly records: readonly unknown[]; readonly isArray: boolean } {
  const records: unknown[] = []
  const take = (text: string | undefined): void => {
    if (text === undefined || records.length >= SAMPLE_RECORDS) return
    const parsed = parseJson(text)
    if (parsed.ok && isRecord(parsed.value)) records.push(parsed.value)
  }
  const values = new JsonValues({
    maxBytes: head.length,
    sink: {
      value: (bytes) => take(textOf(bytes, decode)),
      rest: () => undefined,
      broken: () => undefined,
    },
  })
  values.push(head)
  const { isArray } = values
  const torn = values.isTorn ? textOf(wholeCharacters(values.rest()), decode) : undefined
  if (torn !== undefined) take(closeTruncated(torn))
  return { records, isArray }
}

/** An object, or an array with items; a line of a document may be `1` or `[]`. */
function isRecord(value: unknown): boolean {
  return isFields(value) ? Object.keys(value).length > 0 : Array.isArray(value) && value.length > 0
}

function textOf(bytes: Uint8Array, decode: Decode): string | undefined {
  try {
    return decode(bytes)
  } catch {
    // Bytes that are not UTF-8 are no record.
    return undefined
  }
}

/** The bytes without a last character that was cut off. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  // 10xxxxxx continues a character.
  for (let back = 0; back < 3 && end > 0 && (bytes[end - 1]! & 0xc0) === 0x80; back++) end--
  return end > 0 && bytes[end - 1]! >= 0xc0 ? bytes.subarray(0, end - 1) : bytes.subarray(0, end)
}
