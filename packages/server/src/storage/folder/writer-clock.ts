/**
 * Estimates how far each writer's clock is behind the server's, from one line per writer every two
 * seconds. Arrival time minus event time is the clock difference plus the delay of the line, and the
 * delay is never negative, so the smallest recent value is the best estimate. A single line that is far
 * ahead of the writer's other lines has a wrong time, and is ignored.
 */
import { parseLine } from '@wattline/trace'

const LF = 10
const SAMPLE_EVERY_S = 2
/** After this time a larger difference is accepted as well: the clock may have been set back. */
const FORGET_AFTER_S = 30

/** Offsets of one clock differ by less. */
const SAME_CLOCK_S = 1

interface Sample {
  readonly atS: number
  readonly behindS: number
}

interface Estimate {
  /** The samples since {@link FORGET_AFTER_S}, and at least the last two. */
  samples: Sample[]
  behindS: number | undefined
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
    const estimate = (this.#estimates[writer] ??= { samples: [], behindS: undefined })
    const last = estimate.samples.at(-1)
    if (last !== undefined && Math.abs(receivedS - last.atS) < SAMPLE_EVERY_S) return undefined
    const timeS = lastTimeS(lines)
    if (timeS === undefined) return undefined
    const samples = [...estimate.samples, { atS: receivedS, behindS: receivedS - timeS }]
    estimate.samples = samples.filter(
      ({ atS }, at) => at >= samples.length - 2 || Math.abs(receivedS - atS) <= FORGET_AFTER_S,
    )
    const behindS = leastBehindS(estimate.samples, receivedS)
    if (behindS === estimate.behindS) return undefined
    estimate.behindS = behindS
    return behindS
  }
}

function leastBehindS(samples: readonly Sample[], nowS: number): number {
  const sorted = samples.toSorted((a, b) => a.behindS - b.behindS)
  const isSameClock = (a: Sample, b: Sample | undefined): boolean =>
    b !== undefined && Math.abs(a.behindS - b.behindS) < SAME_CLOCK_S
  const trusted = sorted.filter(
    (one, at) =>
      samples.length === 1 ||
      one.behindS > -SAME_CLOCK_S ||
      isSameClock(one, sorted[at - 1]) ||
      isSameClock(one, sorted[at + 1]),
  )
  const recent = trusted.filter(({ atS }) => Math.abs(nowS - atS) <= FORGET_AFTER_S)
  return (recent[0] ?? trusted[0] ?? sorted.at(-1)!).behindS
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
