import type { CostSource } from './prices.ts'
import type { DataQuality } from '../trace/span.ts'

/** The JSON of `GET /api/runs/ID/summary`. Times are Unix seconds. */
export interface RunSummary {
  readonly run: string
  /** Generation of the log. */
  readonly gen: string
  /** How far the log was read. */
  readonly cursor: number
  /** False when only the beginning of the log was read, because it is too long for a list. */
  readonly complete: boolean
  readonly spans: number
  readonly open: number
  readonly errors: number
  readonly points: number
  readonly agents: number
  /** Null when no span has any, as with the figures below. */
  readonly tokens: {
    readonly input: number | null
    readonly output: number | null
    readonly cacheRead: number | null
    readonly total: number
    readonly isLowerBound: boolean
  } | null
  readonly costUsd: number | null
  readonly costSource: CostSource | null
  /** Energy of its samples, idle included; null when there are none to sum. */
  readonly energyJ: number | null
  readonly firstS: number | null
  readonly lastS: number | null
  readonly durationS: number | null
  /** Spans started in each 48th of the duration. */
  readonly sparkline: readonly number[]
  readonly quality: DataQuality
}
