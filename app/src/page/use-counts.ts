/** The header's counts, a few times a second: figures that change every frame cannot be read. */
import { useEffect, useState } from 'react'
import { createCounter, type Counts } from '../model/counts.ts'
import { createPace } from '../base/pace.ts'
import { useApp } from './app.tsx'

const INTERVAL_MS = 200

export function useCounts(): Counts {
  const { store, columns } = useApp()
  const [counts, setCounts] = useState<Counts>(() =>
    createCounter(columns)(store.getState().playheadS),
  )
  useEffect(() => {
    const count = createCounter(columns)
    const pace = createPace(INTERVAL_MS, () => {
      const next = count(store.getState().playheadS)
      setCounts((before) => (same(before, next) ? before : next))
    })
    const stop = store.subscribe((state, before) => {
      const isDone = state.progress?.done !== before.progress?.done
      if (isDone) pace.now()
      else if (state.version !== before.version || state.playheadS !== before.playheadS) pace.ask()
    })
    pace.now()
    return () => {
      stop()
      pace.stop()
    }
  }, [store, columns])
  return counts
}

function same(a: Counts, b: Counts): boolean {
  return (
    a.spans === b.spans && a.errors === b.errors && a.tokens === b.tokens && a.costUsd === b.costUsd
  )
}
