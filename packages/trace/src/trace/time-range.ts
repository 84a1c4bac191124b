/**
 * The range of time of a run, without outliers. An unset or broken clock writes times such as 0, −1, the
 * year 1 or the year 9999, and one of them would make a run of seconds millennia long. So:
 *
 * - More than a year without an event separates events. The part with the most events is the run, and
 *   every other event is an outlier. Of equal parts, a part with dates counts before one without, then
 *   the earlier one.
 * - A span lasts at most a year. The duration of a longer one, and of one that ends before its start, is
 *   unknown.
 *
 * ```
 *   event     │                                   │││ ││││ ││         │
 *             1970                                2026                9999
 *             outlier                             the run             outlier
 * ```
 *
 * Both depend on the set of events only, not on their order of arrival.
 */

/** A year. */
export const LONGEST_S = 366 * 86_400

/** Times before 2001 and after 2100 are not dates: the clock is unset, broken, or starts with the run. */
const FIRST_DATE_S = 978_307_200
const LAST_DATE_S = 4_102_444_800

/** Events without a year between two of them. Times are Unix seconds. */
export interface TimePart {
  readonly firstS: number
  readonly lastS: number
  readonly events: number
}

interface Year {
  readonly fromS: number
  readonly untilS: number
  events: number
  firstS: number
  lastS: number
}

/** The duration of a span from its two times; undefined if it is unknown. Seconds. */
export function knownDuration(startS: number, endS: number): number | undefined {
  const durationS = endS - startS
  return durationS >= 0 && durationS <= LONGEST_S ? durationS : undefined
}

/** Counts times by year. A year is never cut, because there is no gap of a year inside it. */
export class TimeRange {
  readonly #years = new Map<number, Year>()
  /** The year of the last time; most times are in the same one. */
  #year: Year = { fromS: 0, untilS: 0, events: 0, firstS: Infinity, lastS: -Infinity }
  #parts: readonly TimePart[] | undefined
  #run: TimePart | undefined

  add(timeS: number): void {
    let year = this.#year
    if (!(timeS >= year.fromS && timeS < year.untilS)) year = this.#year = this.#yearOf(timeS)
    year.events++
    if (timeS < year.firstS) year.firstS = timeS
    if (timeS > year.lastS) year.lastS = timeS
    this.#parts = undefined
  }

  /** The part that is the run; undefined without a time. */
  get run(): TimePart | undefined {
    this.#update()
    return this.#run
  }

  /** All parts, ascending. */
  get parts(): readonly TimePart[] {
    return this.#update()
  }

  /** `range` with the times that are at most a year away from it. */
  extend(range: TimePart): TimePart {
    let { firstS, lastS } = range
    for (const part of this.parts) {
      if (part.lastS < range.firstS - LONGEST_S || part.firstS > range.lastS + LONGEST_S) continue
      firstS = Math.min(firstS, part.firstS)
      lastS = Math.max(lastS, part.lastS)
    }
    return { ...range, firstS, lastS }
  }

  /** The number of times outside a range. */
  countOutside({ firstS, lastS }: TimePart): number {
    let count = 0
    for (const year of this.#years.values()) {
      if (year.lastS < firstS || year.firstS > lastS) count += year.events
    }
    return count
  }

  #yearOf(timeS: number): Year {
    const number = Math.floor(timeS / LONGEST_S)
    let year = this.#years.get(number)
    if (year === undefined) {
      const fromS = number * LONGEST_S
      year = { fromS, untilS: fromS + LONGEST_S, events: 0, firstS: Infinity, lastS: -Infinity }
      this.#years.set(number, year)
    }
    return year
  }

  #update(): readonly TimePart[] {
    if (this.#parts !== undefined) return this.#parts
    const years = [...this.#years.values()].sort((a, b) => a.fromS - b.fromS)
    const parts: { firstS: number; lastS: number; events: number }[] = []
    for (const { firstS, lastS, events } of years) {
      const before = parts.at(-1)
      if (before === undefined || firstS - before.lastS > LONGEST_S) {
        parts.push({ firstS, lastS, events })
      } else {
        before.lastS = lastS
        before.events += events
      }
    }
    this.#run = parts.reduce<TimePart | undefined>((best, part) => better(best, part), undefined)
    return (this.#parts = parts)
  }
}

function better(best: TimePart | undefined, part: TimePart): TimePart {
  if (best === undefined || part.events > best.events) return part
  return part.events === best.events && hasDates(part) && !hasDates(best) ? part : best
}

function hasDates({ firstS, lastS }: TimePart): boolean {
  return firstS >= FIRST_DATE_S && lastS < LAST_DATE_S
}
