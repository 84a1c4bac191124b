/**
 * Whether the store can be written. It is tried at most once in 5 s, however often it is asked for,
 * and a disk that does not answer counts as failing.
 */
import { messageOf } from '../base/errors.ts'
import { StoreError, type RunStore } from '../storage/store.ts'

const TRY_EVERY_MS = 5000
const TIMEOUT_MS = 1000

export interface HealthState {
  /** Why nothing can be written; undefined if it can. */
  readonly problem: string | undefined
  /** By the monotonic clock. */
  readonly triedMs: number
}

export class Health {
  readonly #store: RunStore
  readonly #tryEveryMs: number
  readonly #timeoutMs: number
  #last: HealthState | undefined
  #trying: Promise<HealthState> | undefined

  constructor(store: RunStore, tryEveryMs = TRY_EVERY_MS, timeoutMs = TIMEOUT_MS) {
    this.#store = store
    this.#tryEveryMs = tryEveryMs
    this.#timeoutMs = timeoutMs
  }

  /** Call it when events could not be written: this is known without a try. */
  writeFailed(error: unknown): void {
    // A limit of the server has no cause.
    if (!(error instanceof StoreError) || error.code !== 'failed' || error.cause === undefined)
      return
    if (this.#last?.problem !== undefined) return
    const triedMs = this.#last?.triedMs ?? performance.now()
    this.#last = { problem: 'the last events could not be written', triedMs }
  }

  /** The last result, or a new one if the last is old. */
  async state(): Promise<HealthState> {
    const isRecent =
      this.#last !== undefined && performance.now() - this.#last.triedMs < this.#tryEveryMs
    if (this.#last !== undefined && isRecent) return this.#last
    this.#trying ??= this.#try().finally(() => (this.#trying = undefined))
    return Promise.race([this.#trying, this.#noAnswer()])
  }

  async #try(): Promise<HealthState> {
    const triedMs = performance.now()
    let problem: string | undefined
    try {
      await this.#store.check?.()
    } catch (error) {
      problem = `events cannot be written: ${messageOf(error)}`
    }
    return (this.#last = { problem, triedMs })
  }

  #noAnswer(): Promise<HealthState> {
    const triedMs = performance.now()
    const problem = `the disk did not answer within ${this.#timeoutMs / 1000} s`
    return new Promise((resolve) => {
      setTimeout(() => resolve({ problem, triedMs }), this.#timeoutMs).unref()
    })
  }
}
