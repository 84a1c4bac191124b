/**
 * How far each writer's clock is behind ours, from a line of it every few seconds: what is
 * between its time and ours is the clocks' difference and the time the line was under way, which
 * is never less than nothing. So the least of the last while is the best guess.
 */
import { parseLine } from '@wattline/trace'

const LF = 10
const LOOK_EVERY_S = 2
/** After so long a greater difference counts as well: the clock may have been set back. */
const FORGET_AFTER_S = 30

interface Look {
  lookedS: number
  behindS: number
  leastAtS: number
}

export class WriterClocks {
  /** By the writer's index. */
  readonly #looks: (Look | undefined)[] = []

  /**
   * Seconds by which the writer's clock is behind, from the last of its lines that came now;
   * negative = ahead. Undefined when nothing new is known: it was looked at just before, or the
   * line does not tell a time.
   */
  note(writer: number, lines: readonly Uint8Array[], receivedS: number): number | undefined {
    const look = this.#looks[writer]
    if (look !== undefined && Math.abs(receivedS - look.lookedS) < LOOK_EVERY_S) return undefined
    const timeS = lastTimeS(lines)
    if (timeS === undefined) return undefined
    const behindS = receivedS - timeS
    const isLess = look === undefined || behindS < look.behindS
    const isOld = look !== undefined && Math.abs(receivedS - look.leastAtS) > FORGET_AFTER_S
    if (isLess || isOld) {
      this.#looks[writer] = { lookedS: receivedS, behindS, leastAtS: receivedS }
      return behindS
    }
    look.lookedS = receivedS
    return undefined
  }
}

/** When the first line says it was; undefined when it does not. */
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
