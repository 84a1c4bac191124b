/** The counts in the header, updated a few times a second so that they can be read. */
import { useEffect, useState } from 'react'
import { shallow } from 'zustand/shallow'
import { createCounter, type Counts } from '../model/counts.ts'
import { throttle } from '../base/schedule.ts'
import { useApp } from './app.tsx'

const INTERVAL_MS = 200

export function useCounts(): Counts {
  const { store, columns } = useApp()
  const [counts, setCounts] = useState<Counts>(() =>
    createCounter(columns)(store.getState().playheadS),
  )
  useEffect(() => {
    const count = createCounter(columns)
    const update = throttle(INTERVAL_MS, () => {
      const next = count(store.getState().playheadS)
      setCounts((before) => (shallow(before, next) ? before : next))
    })
    const stop = store.subscribe((state, before) => {
      if (state.progress?.done !== before.progress?.done) update.runNow()
      else if (state.version !== before.version || state.playheadS !== before.playheadS)
        update.schedule()
    })
    update.runNow()
    return () => {
      stop()
      update.cancel()
    }
  }, [store, columns])
  return counts
}
