/** Combines the store with the read-only sources: finds runs and distributes their changes. */
import type { RunInfo } from '@wattline/trace'
import type { RunChange, RunSource, RunStore } from '../storage/store.ts'

export interface FoundRun {
  readonly source: RunSource
  readonly info: RunInfo
}

export class Runs {
  readonly store: RunStore
  readonly #sources: readonly RunSource[]
  readonly #byRun = new Map<string, Set<(change: RunChange) => void>>()
  readonly #unsubscribe: readonly (() => void)[]

  constructor(store: RunStore, sources: readonly RunSource[]) {
    this.store = store
    this.#sources = sources
    this.#unsubscribe = [store, ...sources].map((source) =>
      source.subscribe((change) => {
        for (const listener of this.#byRun.get(change.run) ?? []) listener(change)
      }),
    )
  }

  /** All runs: live ones first, then those changed last. */
  async list(): Promise<RunInfo[]> {
    const lists = await Promise.all([this.store, ...this.#sources].map((source) => source.list()))
    return lists.flat().sort((a, b) => {
      if ((a.state === 'live') !== (b.state === 'live')) return a.state === 'live' ? -1 : 1
      return b.updatedAt - a.updatedAt
    })
  }

  /** The run and its source. The store has precedence over the other sources. */
  async find(run: string): Promise<FoundRun | undefined> {
    for (const source of [this.store, ...this.#sources]) {
      const info = await source.info(run)
      if (info !== undefined) return { source, info }
    }
    return undefined
  }

  /** Whether the run is a watched file, which must not be written or deleted. */
  async isReadOnly(run: string): Promise<boolean> {
    if (await this.store.has(run)) return false
    return (await this.find(run))?.info.readOnly === true
  }

  onChange(run: string, listener: (change: RunChange) => void): () => void {
    const listeners = this.#byRun.get(run) ?? new Set()
    this.#byRun.set(run, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#byRun.get(run) === listeners) this.#byRun.delete(run)
    }
  }

  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    await Promise.all(this.#sources.map((source) => source.close()))
    await this.store.close()
  }
}
