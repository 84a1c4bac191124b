/** Recognizes the format of a log by its first bytes, never by its name. */
import type { Decode } from '@wattline/trace'
import { isOpenJarvis } from './agents/detect.ts'
import { sampleOf, type Layout } from './input/sample.ts'
import { isFields } from './read/fields.ts'
import type { Format, RefusedFormat } from './read/format.ts'
import { isNative } from './read/native.ts'
import { FORMATS, REFUSED } from './registry.ts'

/** With more bytes than these, a log that is not recognized will not be. */
export const HEAD_BYTES = 1024 * 1024

const ZIP = [0x50, 0x4b, 0x03, 0x04] as const
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd] as const
/** `SQLite format 3` */
const SQLITE = [
  0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66, 0x6f, 0x72, 0x6d, 0x61, 0x74, 0x20, 0x33,
] as const
const MOST_KEYS = 12

export type Detection =
  /** A log of Wattline; `isSure: false` = no record tells, and the native reader explains it best. */
  | { readonly kind: 'native'; readonly isSure: boolean }
  | {
      readonly kind: 'foreign'
      readonly format: Format
      readonly isLines: boolean
      /** See `Format.isPart`. */
      readonly isPart: boolean
    }
  | { readonly kind: 'refused'; readonly format: RefusedFormat }
  /** A zip, whose format its entries tell; see {@link zipFormat}. */
  | { readonly kind: 'zip' }
  /** A Zstandard file, which has to be unpacked first. */
  | { readonly kind: 'zstd' }
  /** JSON of no known format; `keys` are those of its first objects. */
  | { readonly kind: 'unknown'; readonly keys: readonly string[] }

/**
 * Recognizes a log.
 *
 * @param head its first bytes, unpacked
 * @param isWhole whether these are all
 * @returns undefined when more bytes are needed
 */
export function detect(head: Uint8Array, isWhole: boolean, decode: Decode): Detection | undefined {
  if (head.length < SQLITE.length && !isWhole) return undefined
  if (startsWith(head, ZIP)) return { kind: 'zip' }
  if (startsWith(head, ZSTD)) return { kind: 'zstd' }
  if (startsWith(head, SQLITE)) return { kind: 'refused', format: REFUSED.sqlite }
  const layout = sampleOf(head, isWhole, decode)
  const isEnough = isWhole || layout.isFull || head.length >= HEAD_BYTES
  const found = detectIn(layout)
  if (!isEnough) return found?.kind === 'unknown' ? undefined : found
  return found ?? UNSURE
}

function detectIn(layout: Layout): Detection | undefined {
  const { records, isLines } = layout
  if (records.length === 0) return undefined
  if (isNative(records[0]) && !records.some(isOpenJarvis)) return { kind: 'native', isSure: true }
  const format = FORMATS.find((one) => one.zip !== true && one.detect(layout))
  if (format !== undefined) {
    return { kind: 'foreign', format, isLines, isPart: format.isPart?.(layout) === true }
  }
  if (records.some(isNative)) return { kind: 'native', isSure: true }
  const refused = Object.values(REFUSED).find((one) => one.detect(layout))
  if (refused !== undefined) return { kind: 'refused', format: refused }
  const keys = keysOf(records)
  return keys.length === 0 ? undefined : { kind: 'unknown', keys }
}

const UNSURE: Detection = { kind: 'native', isSure: false }

/** The format of a zip with these entries. */
export function zipFormat(entries: readonly string[]): Format | undefined {
  return FORMATS.find(
    (one) => one.zip === true && one.detect({ records: [], isArray: false, entries }),
  )
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte)
}

function keysOf(records: readonly unknown[]): string[] {
  const keys = new Set<string>()
  for (const record of records) {
    if (isFields(record)) for (const key of Object.keys(record).slice(0, MOST_KEYS)) keys.add(key)
  }
  return [...keys].slice(0, MOST_KEYS)
}
