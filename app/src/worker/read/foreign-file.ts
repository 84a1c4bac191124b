/**
 * Opens a file of the user that is a log of another tool, and converts it to native lines. The code for
 * other formats is loaded only for a file that is not plainly native.
 */
import { isPlainlyNative } from '@wattline/formats/native'
import { unpacked } from './gunzip.ts'
import { chunksOf } from './raw-lines.ts'

/** Enough for the first lines of a native log. */
const HEAD_BYTES = 64 * 1024

export interface ForeignFile {
  /** Native lines; undefined if the file is read as it is. */
  readonly lines?: AsyncIterable<Uint8Array>
  /** How many bytes of the file have been read. */
  readonly readBytes?: () => number
  /** Why the file is not shown, following its name. */
  readonly reason?: string
  /** Why there is no event, following the name; undefined if the native reader explains that. */
  emptyReason(): string | undefined
  /** Sentences on what was read and what was not. */
  coverage(): readonly string[]
}

/** @returns undefined for a native log */
export async function openForeign(file: File, gzip: boolean): Promise<ForeignFile | undefined> {
  let readBytes = 0
  const source = gzip
    ? unpacked(file, (bytes) => void (readBytes += bytes))
    : counted(chunksOf(file.stream()), (bytes) => void (readBytes += bytes))
  if (await isNativeHead(file, gzip)) return undefined
  const { coverageNotes, coverageSentence, emptyReason, openLog, unknownReason } =
    await import('@wattline/formats')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const encoder = new TextEncoder()
  const utf8 = {
    decode: (bytes: Uint8Array) => decoder.decode(bytes),
    encode: (text: string) => encoder.encode(text),
  }
  const opened = await openLog(source, { file: file.name, utf8 })
  switch (opened.kind) {
    case 'native':
      await source.return?.()
      return undefined
    case 'unknown':
      await source.return?.()
      return { emptyReason: () => unknownReason(opened.keys), coverage: () => [] }
    case 'refused':
      return { reason: opened.reason, emptyReason: () => undefined, coverage: () => [] }
    case 'converted':
      return {
        lines: opened.chunks,
        readBytes: () => readBytes,
        emptyReason: () => emptyReason(opened.coverage()),
        coverage: () => [coverageSentence(opened.coverage()), ...coverageNotes(opened.coverage())],
      }
  }
}

async function isNativeHead(file: File, gzip: boolean): Promise<boolean> {
  const text = new TextDecoder()
  if (!gzip) {
    const head = await file.slice(0, HEAD_BYTES).arrayBuffer()
    return head.byteLength === 0 || isPlainlyNative(text.decode(head))
  }
  for await (const chunk of unpacked(file)) return isPlainlyNative(text.decode(chunk))
  return true
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) {
    onRead(chunk.length)
    yield chunk
  }
}
