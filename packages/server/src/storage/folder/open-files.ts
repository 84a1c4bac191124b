/**
 * Limits how many runs have open files. A posted run stays live for 30 s, so without a limit the runs
 * that are posted in that time could use all descriptors of the process.
 */
import { readFileSync } from 'node:fs'

/** Fractions of the descriptors: each run needs two, and most are left for connections. */
const DESCRIPTORS_A_RUN = 8
const MIN_RUNS = 4
const MAX_RUNS = 2048
/** Where the system does not provide the limit. */
const USUAL_DESCRIPTORS = 1024

/** Files that can be closed and opened again. */
export interface Closable {
  /** Whether they are being written, and stay open. */
  readonly isBusy: boolean
  close(): Promise<void>
}

export class OpenFiles {
  readonly #maxRuns: number
  /** In the order of use, the last used last. */
  readonly #open = new Set<Closable>()

  constructor(maxRuns = maxOpenRuns(descriptorLimit())) {
    this.#maxRuns = maxRuns
  }

  /** Call it before and after each use. Closes the files that were not used for the longest time. */
  use(files: Closable): void {
    this.#open.delete(files)
    this.#open.add(files)
    if (this.#open.size > this.#maxRuns) this.#closeOldest()
  }

  closed(files: Closable): void {
    this.#open.delete(files)
  }

  #closeOldest(): void {
    for (const files of this.#open) {
      if (this.#open.size <= this.#maxRuns) return
      if (files.isBusy) continue
      this.#open.delete(files)
      // A failure to close cannot lose lines: all are written by now.
      files.close().catch(() => undefined)
    }
  }
}

function maxOpenRuns(descriptors: number): number {
  const runs = Math.floor(descriptors / DESCRIPTORS_A_RUN)
  return Math.min(MAX_RUNS, Math.max(MIN_RUNS, runs))
}

function descriptorLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? USUAL_DESCRIPTORS)
  } catch {
    // Not Linux.
    return USUAL_DESCRIPTORS
  }
}
