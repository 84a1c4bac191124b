/**
 * Estimates how far each writer's clock is behind the server's, from one line per writer every two
 * seconds. Arrival time minus event time is the clock difference plus the delay of the line, and the
 * delay is never negative, so the smallest recent value is the best estimate.
 */
import { parseLine } from '@wattline/trace'

const LF = 10
const SAMPLE_EVERY_S = 2
/** After this time a larger difference is accepted as well: the clock may have been set back. */
const FORGET_AFTER_S = 30

interface Estimate {
  sampledS: number
  behindS: number
  leastAtS: number
}

export class WriterClocks {
  /** By writer index. */
  readonly #estimates: (Estimate | undefined)[] = []

  /**
   * Updates the estimate from the last of the writer's lines, received at `receivedS`.
   *
   * @returns seconds by which the writer's clock is behind; negative = ahead. Undefined when the
   * estimate does not change, because it is recent or the line has no time.
   */
  update(writer: number, lines: readonly Uint8Array[], receivedS: number): number | undefined {
    const estimate = this.#estimates[writer]
    if (estimate !== undefined && Math.abs(receivedS - estimate.sampledS) < SAMPLE_EVERY_S) {
      return undefined
    }
    const timeS = lastTimeS(lines)
    if (timeS === undefined) return undefined
    const behindS = receivedS - timeS
    const isLess = estimate === undefined || behindS < estimate.behindS
    if (isLess || Math.abs(receivedS - estimate.leastAtS) > FORGET_AFTER_S) {
      this.#estimates[writer] = { sampledS: receivedS, behindS, leastAtS: receivedS }
      return behindS
    }
    estimate.sampledS = receivedS
    return undefined
  }
}

/** Unix seconds of the first line; undefined when it has no readable time. */
export function firstTimeS(lines: readonly Uint8Array[]): number | undefined {
  const first = lines[0]
  return first && timeOf(first.subarray(0, first.indexOf(LF)))
}

function lastTimeS(lines: readonly Uint8Array[]): number | undefined {
  const last = lines.at(-1)
  if (last === undefined) return undefined
  const end = last.length - 1
  return timeOf(last.subarray(last.lastIndexOf(LF, end - 1) + 1, end))
}

function timeOf(line: Uint8Array): number | undefined {
  const parsed = parseLine(Buffer.from(line).toString())
  if (parsed.type === 'event') return parsed.event.timestamp
  return parsed.type === 'sample' ? parsed.sample.timestamp : undefined
}
