/** Reads lines of a run by their position, from any source of runs. */
import type { LinePosition } from '@wattline/trace'
import { StoreError, type RunSource } from './store.ts'

const LF = 10

export interface LinesFrom {
  readonly position: LinePosition
  /** The generation of the position. */
  readonly gen: string
  /** How many lines; fewer at the end of the log. */
  readonly count: number
}

/**
 * The lines at a position, in pieces of whole lines.
 *
 * @throws {StoreError} `conflict` when the log has another generation; `removed` without such a run;
 *   `refused` when no line begins at the position.
 */
export async function* readLines(
  source: RunSource,
  run: string,
  { position, gen, count }: LinesFrom,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const { cursor, offset } = position
  let skip = offset
  let left = count
  for await (const item of source.read(run, { cursor, gen, follow: false }, signal)) {
    if (item.type === 'removed') throw new StoreError('removed', `there is no run ${run}`)
    if (item.type === 'reset') {
      throw new StoreError('conflict', 'the log has another generation; read it from the start')
    }
    if (item.type !== 'chunk') continue
    const { bytes } = item
    if (skip >= bytes.length) {
      skip -= bytes.length
      continue
    }
    if (skip > 0 && bytes[skip - 1] !== LF) break
    const lines = firstLines(bytes.subarray(skip), left)
    skip = 0
    left -= lines.count
    yield lines.bytes
    if (left === 0) return
  }
  if (left < count || signal.aborted) return
  throw new StoreError('refused', `no line begins at cursor ${cursor}, offset ${offset}`)
}

function firstLines(
  bytes: Uint8Array,
  most: number,
): { readonly bytes: Uint8Array; readonly count: number } {
  let end = 0
  let count = 0
  while (count < most && end < bytes.length) {
    end = bytes.indexOf(LF, end) + 1
    count++
  }
  return { bytes: bytes.subarray(0, end), count }
}
