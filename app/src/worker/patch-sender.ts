/**
 * Sends patches to the page: at most one per interval, and none until the page has applied the last
 * one, so that a slow page gets fewer and larger patches instead of a queue of them.
 */
import { throttle } from '../base/schedule.ts'
import type { TracePatch } from '../model/patch.ts'
import type { Progress } from '../model/run-info.ts'
import { buffersOf } from './patches.ts'
import type { FromWorker } from './protocol.ts'

export type Post = (message: FromWorker, transfer?: Transferable[]) => void

/** For a followed run: nearly 0, so that new events are on the page when the next frame begins. */
const LIVE_INTERVAL_MS = 2
/** One frame: for the first patches of a file, and for a followed run until it has caught up. */
const CATCH_UP_INTERVAL_MS = 16
/** For the rest of a file: more frames would only slow down reading. */
const FILE_INTERVAL_MS = 250
/** How long the first patches of a file are sent each frame. */
const FIRST_PATCHES_MS = 50
/** How long the code of a new page counts as cold. */
const COLD_MS = 1000
/** The longest wait for a paint: a hidden page does not paint. */
const MAX_PAINT_WAIT_MS = 200

export class PatchSender {
  readonly #post: Post
  readonly #flush: () => readonly TracePatch[]
  readonly #progress: () => Progress
  /** Sends a patch when the interval allows and the page has applied the last one. */
  readonly sending = throttle(
    () => this.#intervalMs(),
    () => this.#sendUnlessBehind(),
  )
  /** Patches that the page has not applied yet. */
  #unapplied = 0
  /** Whether a patch was held back because of them. */
  #isDue = false
  /** Patches of a file, and its page, that have not been painted yet. */
  #unpainted = 0
  #resumeReading: (() => void) | undefined
  /** When reading a file started; undefined for a followed run. */
  #fileStartedMs: number | undefined

  constructor(post: Post, flush: () => readonly TracePatch[], progress: () => Progress) {
    this.#post = post
    this.#flush = flush
    this.#progress = progress
  }

  /** A file is about to be read. The page paints itself before the first patch. */
  startFile(): void {
    this.#fileStartedMs = performance.now()
    this.#unpainted = 1
  }

  /** Sends everything that is new now; only the progress if nothing is. */
  sendNow(): void {
    const patches = this.#flush()
    for (const patch of patches) this.send(patch)
    if (patches.length === 0) this.#post({ type: 'progress', progress: this.#progress() })
  }

  /** Sends one patch with the progress, since each message makes the page render. */
  send(patch: TracePatch): void {
    const progress = this.#progress()
    this.#unapplied++
    if (!progress.done) this.#unpainted++
    this.#post({ type: 'patch', patch, progress }, buffersOf(patch))
  }

  /** The page has applied a patch. */
  applied(): void {
    this.#unapplied = Math.max(0, this.#unapplied - 1)
    if (this.#unapplied > 0 || !this.#isDue) return
    this.#isDue = false
    this.sending.runOrSchedule()
  }

  /** The page has painted itself or a patch. */
  painted(): void {
    this.#unpainted = Math.max(0, this.#unpainted - 1)
    if (this.#unpainted === 0) this.#resumeReading?.()
  }

  /**
   * Waits until a new page has painted the patches so far. Its first paints take long because its code
   * is cold; with few processors, reading meanwhile would make them several times longer.
   */
  waitForPaint(): Promise<void> {
    const isCold = performance.now() - (this.#fileStartedMs ?? -Infinity) < COLD_MS
    if (!isCold || this.#unpainted === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#resumeReading = resolve
      setTimeout(resolve, MAX_PAINT_WAIT_MS)
    })
  }

  #intervalMs(): number {
    if (this.#progress().done) return LIVE_INTERVAL_MS
    if (this.#fileStartedMs === undefined) return CATCH_UP_INTERVAL_MS
    const isFirst = performance.now() - this.#fileStartedMs < FIRST_PATCHES_MS
    return isFirst ? CATCH_UP_INTERVAL_MS : FILE_INTERVAL_MS
  }

  #sendUnlessBehind(): void {
    if (this.#unapplied === 0) this.sendNow()
    else this.#isDue = true
  }
}
