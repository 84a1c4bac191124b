/**
 * Opens a log of any known format as native lines. The command and the page use it, so that a file has
 * the same spans in both. A native log passes through unchanged.
 */
import { joinBytes } from '@wattline/trace'
import { Conversion, type Utf8 } from './convert.ts'
import { detect, HEAD_BYTES, zipFormat, type Detection } from './detect.ts'
import type { Coverage } from './read/coverage.ts'
import type { Format } from './read/format.ts'

type Chunks = AsyncIterable<Uint8Array>

/** A file that a reader asked for. */
export interface CompanionFile {
  /** Its path relative to the folder of the main file. */
  readonly name: string
  chunks(): Chunks
}

/** Files beside the main one; see `Host.want`. */
export interface Companions {
  find(pattern: string): Promise<readonly CompanionFile[]>
}

export interface OpenOptions {
  /** Name of the main file, without its folder. */
  readonly file: string
  readonly utf8: Utf8
  /** Absent for a file that stands alone, such as one that was dropped on the page. */
  readonly companions?: Companions | undefined
}

export type OpenedLog =
  /** A native log, or one that the native reader explains better. */
  | { readonly kind: 'native'; readonly chunks: Chunks }
  | {
      readonly kind: 'converted'
      readonly format: Format
      /** Native lines. */
      readonly chunks: Chunks
      /** What has been read so far. */
      coverage(): Coverage
    }
  /** The log is of a known kind that cannot be shown; `reason` follows the file's name. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** JSON of no known format. */
  | { readonly kind: 'unknown'; readonly keys: readonly string[]; readonly chunks: Chunks }

const MOST_FILES = 2000
const OFTEN_BYTES = 4 * 1024
/** A larger entry of a zip, unpacked, is broken. */
const MAX_ENTRY_BYTES = 256 * 1024 * 1024
/** A zip whose entries are larger in all is not read further. */
const MAX_ZIP_BYTES = 4 * 1024 * 1024 * 1024

/** Opens a log. `chunks` are its bytes, already gunzipped. */
export async function openLog(chunks: Chunks, options: OpenOptions): Promise<OpenedLog> {
  const input = chunks[Symbol.asyncIterator]()
  const { head, detection } = await readHead(input, options.utf8)
  const all = chain(head, input)
  switch (detection.kind) {
    case 'native':
      return { kind: 'native', chunks: all }
    case 'unknown':
      return { kind: 'unknown', keys: detection.keys, chunks: all }
    case 'refused': {
      await input.return?.()
      const { name, reason } = detection.format
      return { kind: 'refused', reason: `is ${name}; ${reason}` }
    }
    case 'zip':
      return await openZip(all, options)
    case 'zstd': {
      const { unpackZstd } = await import('./input/zstd.ts')
      return await openLog(unpackZstd(all), options)
    }
    case 'foreign':
      return await openForeign(detection, all, options)
  }
}

async function readHead(
  input: AsyncIterator<Uint8Array>,
  { decode }: Utf8,
): Promise<{ readonly head: Uint8Array; readonly detection: Detection }> {
  let parts: Uint8Array[] = []
  let bytes = 0
  let tried = 0
  const joined = (): Uint8Array => {
    const head = joinBytes(parts)
    parts = [head]
    return head
  }
  for (;;) {
    const next = await input.next()
    if (next.done === true) {
      const head = joined()
      return { head, detection: detect(head, true, decode) ?? { kind: 'native', isSure: false } }
    }
    // The chunk may be valid until the next one only.
    parts.push(next.value.slice())
    bytes += next.value.length
    // Looking again only after doubling keeps the cost linear for small chunks. At first, each chunk is
    // looked at: it may be all that a program has printed so far.
    if (bytes >= OFTEN_BYTES && bytes < tried * 2 && bytes < HEAD_BYTES) continue
    tried = bytes
    const head = joined()
    const detection = detect(head, false, decode)
    if (detection !== undefined) return { head, detection }
  }
}

async function* chain(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    if (head.length > 0) yield head
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield next.value
    }
  } finally {
    await rest.return?.()
  }
}

async function openForeign(
  { format, isLines }: { readonly format: Format; readonly isLines: boolean },
  chunks: Chunks,
  options: OpenOptions,
): Promise<OpenedLog> {
  const { conversion, take } = await started(format, isLines, options)
  return {
    kind: 'converted',
    format,
    chunks: convertAll(conversion, take, chunks, options),
    coverage: () => conversion.coverage,
  }
}

async function started(
  format: Format,
  isLines: boolean,
  { file, utf8 }: OpenOptions,
): Promise<{ readonly conversion: Conversion; readonly take: () => Uint8Array[] }> {
  const createReader = await format.load()
  let written: Uint8Array[] = []
  const write = (bytes: Uint8Array): void => void written.push(bytes)
  const conversion = new Conversion(format, createReader, { utf8, file, isLines, write })
  const take = (): Uint8Array[] => {
    const bytes = written
    written = []
    return bytes
  }
  return { conversion, take }
}

async function* convertAll(
  conversion: Conversion,
  take: () => Uint8Array[],
  chunks: Chunks,
  { companions, utf8 }: OpenOptions,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) {
    conversion.push(chunk)
    yield* take()
  }
  conversion.endFile()
  if (companions !== undefined) {
    for await (const file of companionFiles(conversion, companions)) {
      for await (const chunk of checked(file, conversion, utf8)) {
        conversion.push(chunk, file.name)
        yield* take()
      }
      conversion.endFile(file.name)
    }
  }
  conversion.end()
  yield* take()
}

/** The files that the reader asks for, each once, including those that it asks for while reading others. */
async function* companionFiles(
  conversion: Conversion,
  companions: Companions,
): AsyncGenerator<CompanionFile, void, void> {
  const names = new Set<string>()
  // A set yields what is added while it is read.
  for (const pattern of conversion.wanted) {
    for (const file of await companions.find(pattern)) {
      if (names.has(file.name)) continue
      if (names.size >= MOST_FILES) return conversion.addSkippedFile()
      names.add(file.name)
      yield file
    }
  }
}

/** The chunks of a file; none if it is not of the same format or cannot be read. */
async function* checked(
  file: CompanionFile,
  conversion: Conversion,
  utf8: Utf8,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    const input = file.chunks()[Symbol.asyncIterator]()
    const { head, detection } = await readHead(input, utf8)
    const isSame = detection.kind === 'foreign' && detection.format === conversion.format
    if (!isSame && head.length > 0) conversion.addSkippedFile()
    if (isSame) yield* chain(head, input)
    else await input.return?.()
  } catch {
    // It vanished or may not be read; the rest of the run is still worth showing.
    conversion.addSkippedFile()
  }
}

/** Reads the entries of a zip one by one. */
async function openZip(chunks: Chunks, options: OpenOptions): Promise<OpenedLog> {
  const { ZipReader } = await import('./input/zip.ts')
  const parts: Uint8Array[] = []
  const entries: string[] = []
  const wants = (name: string): boolean => {
    if (entries.length < 10_000) entries.push(name)
    return false
  }
  const lister = new ZipReader({ wants, entry: () => undefined, broken: () => undefined }, 0)
  const input = chunks[Symbol.asyncIterator]()
  // Every entry may be the one that tells the format, so the names are read as far as needed.
  let format: Format | undefined
  let bytes = 0
  while (format === undefined) {
    const next = await input.next()
    if (next.done === true) break
    parts.push(next.value.slice())
    bytes += next.value.length
    lister.push(next.value)
    format = zipFormat(entries)
    if (bytes > MAX_ENTRY_BYTES) break
  }
  if (format === undefined) {
    await input.return?.()
    const seen = entries.slice(0, 3).join(', ')
    const what = seen === '' ? 'a zip archive without an entry' : `a zip archive with ${seen}`
    return { kind: 'refused', reason: `is ${what}; unpack it and open the logs in it` }
  }
  const { conversion, take } = await started(format, false, options)
  return {
    kind: 'converted',
    format,
    chunks: convertZip(conversion, take, chain(joinBytes(parts), input), ZipReader, options),
    coverage: () => conversion.coverage,
  }
}

async function* convertZip(
  conversion: Conversion,
  take: () => Uint8Array[],
  chunks: Chunks,
  ZipReader: typeof import('./input/zip.ts').ZipReader,
  { file, utf8 }: OpenOptions,
): AsyncGenerator<Uint8Array, void, void> {
  let unpackedBytes = 0
  const zip = new ZipReader(
    {
      wants: (name) => name.endsWith('.json') && unpackedBytes < MAX_ZIP_BYTES,
      entry(name, bytes) {
        unpackedBytes += bytes.length
        const record = parsed(bytes, utf8)
        if (record === undefined) conversion.addBroken()
        else conversion.pushRecord(record.value, { file, line: 1, entry: name })
      },
      broken: () => conversion.addBroken(),
    },
    MAX_ENTRY_BYTES,
  )
  for await (const chunk of chunks) {
    zip.push(chunk)
    yield* take()
  }
  zip.end()
  conversion.end()
  yield* take()
}

function parsed(bytes: Uint8Array, utf8: Utf8): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(utf8.decode(bytes)) }
  } catch {
    // Damaged entries are counted by the caller.
    return undefined
  }
}
