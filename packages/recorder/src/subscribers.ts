/** Those who want to see events as they are recorded, in this process. */
import type { AgentEvent } from '@wattline/trace'

export type Subscriber = (event: AgentEvent) => void

interface Subscription {
  readonly type: string | undefined
  readonly fn: Subscriber
  /** It is on the stack: what it records itself is not shown to it, or it would never end. */
  busy: boolean
}

export class Subscribers {
  readonly #onFailure: (error: unknown) => void
  /** Replaced, not changed, so that a subscriber may unsubscribe anybody while being told. */
  #subscriptions: readonly Subscription[] = []

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  get isEmpty(): boolean {
    return this.#subscriptions.length === 0
  }

  /** Returns what ends the subscription. */
  add(type: string | undefined, fn: Subscriber): () => void {
    const subscription: Subscription = { type, fn, busy: false }
    this.#subscriptions = [...this.#subscriptions, subscription]
    return () => {
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
    }
  }

  /** Tells everybody concerned; each gets an object of its own, a failing one disturbs nobody. */
  tell(type: string, makeEvent: () => AgentEvent): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.busy) continue
      if (subscription.type !== undefined && subscription.type !== type) continue
      subscription.busy = true
      try {
        subscription.fn(makeEvent())
      } catch (error) {
        this.#onFailure(error)
      } finally {
        subscription.busy = false
      }
    }
  }
}
