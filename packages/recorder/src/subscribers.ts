/** Calls functions of this process with each event as it is recorded. */
import type { AgentEvent } from '@wattline/trace'

export type Subscriber = (event: AgentEvent) => void

interface Subscription {
  readonly type: string | undefined
  readonly fn: Subscriber
  /** It is being called. Events that it records itself are not passed to it: that would recurse. */
  isRunning: boolean
}

export class Subscribers {
  readonly #onFailure: (error: unknown) => void
  /** Replaced rather than changed, so that a subscriber may unsubscribe during a call. */
  #subscriptions: readonly Subscription[] = []

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  get isEmpty(): boolean {
    return this.#subscriptions.length === 0
  }

  /** Returns a function that unsubscribes. */
  add(type: string | undefined, fn: Subscriber): () => void {
    const subscription: Subscription = { type, fn, isRunning: false }
    this.#subscriptions = [...this.#subscriptions, subscription]
    return () => {
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
    }
  }

  /** Calls each matching subscriber with its own copy. One that throws does not affect the others. */
  notify(type: string, makeEvent: () => AgentEvent): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.isRunning) continue
      if (subscription.type !== undefined && subscription.type !== type) continue
      subscription.isRunning = true
      try {
        subscription.fn(makeEvent())
      } catch (error) {
        this.#onFailure(error)
      } finally {
        subscription.isRunning = false
      }
    }
  }
}
