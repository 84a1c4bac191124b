/** Recognizes the kind of a file by its first bytes: a log is text, possibly gzipped. */
import { constants, gunzipSync } from 'node:zlib'
import { openForeign, withFile } from '../base/file-io.ts'

export type FileKind = 'empty' | 'text' | 'gzip' | 'binary'

/** How many bytes {@link sniff} needs. */
export const SNIFF_BYTES = 8192

/** The first bytes of a file, for {@link sniff}. `root` as in {@link openForeign}. */
export function readHead(path: string, root?: string): Promise<Uint8Array> {
  return withFile(openForeign(path, root), async (file) => {
    const { buffer, bytesRead } = await file.read(new Uint8Array(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  })
}

const OPEN_BRACE = 0x7b
const QUOTE = 0x22

const ZIP_NAME = 'a zip archive'
const ZSTD_NAME = 'a Zstandard archive'

const KNOWN_BINARY: readonly (readonly [name: string, magic: readonly number[]])[] = [
  [ZIP_NAME, [0x50, 0x4b, 0x03, 0x04]],
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
  ['a PDF document', [0x25, 0x50, 0x44, 0x46]],
  ['an SQLite database', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65]],
  [ZSTD_NAME, [0x28, 0xb5, 0x2f, 0xfd]],
  ['a program', [0x7f, 0x45, 0x4c, 0x46]],
  ['UTF-16 text, which > writes in Windows PowerShell', [0xff, 0xfe]],
  ['UTF-16 text', [0xfe, 0xff]],
]

/** The kind of a file with these first bytes. */
export function sniff(head: Uint8Array): FileKind {
  if (head.length === 0) return 'empty'
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (binaryName(head) !== undefined) return 'binary'
  return head.includes(0) && !startsLikeLog(head) ? 'binary' : 'text'
}

/** A key that lines of logs have, and most other JSON has not. */
const LOG_LINE = /^\s*\{.*"(event_type|timestamp|type|wattline)"\s*:/

/** Whether a file with these first bytes is a log, or is empty and may become one. */
export function isLog(head: Uint8Array): boolean {
  switch (sniff(head)) {
    case 'empty':
      return true
    case 'binary':
      return false
    case 'gzip':
      return isLog(unzippedHead(head))
    case 'text':
      return Buffer.from(head)
        .toString()
        .replace(/^\uFEFF/, '')
        .split('\n')
        .some((line) => LOG_LINE.test(line))
  }
}

function unzippedHead(head: Uint8Array): Uint8Array {
  try {
    const plain = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH })
    // A log that is gzipped twice is not supported.
    return sniff(plain) === 'gzip' ? Uint8Array.of(0) : plain
  } catch {
    // The file is damaged; a zero byte makes it binary.
    return Uint8Array.of(0)
  }
}

/** A log may contain zeros after a crash, between intact lines. */
function startsLikeLog(head: Uint8Array): boolean {
  return head[0] === OPEN_BRACE && head[1] === QUOTE
}

/** Why a binary file is not a log, as a sentence. */
export function binaryReason(name: string, head: Uint8Array): string {
  const kind = binaryName(head) ?? 'a binary file'
  return `${name} is ${kind}; a log is UTF-8 text with one JSON object per line.`
}

/** Whether a binary file may contain a log: a zip or a Zstandard file. */
export function isContainer(head: Uint8Array): boolean {
  const name = binaryName(head)
  return name === ZIP_NAME || name === ZSTD_NAME
}

/** A name such as `a PNG image`; undefined for text and for unknown formats. */
function binaryName(head: Uint8Array): string | undefined {
  return KNOWN_BINARY.find(([, magic]) => magic.every((byte, at) => head[at] === byte))?.[0]
}
