/** The wall clock in a component, while it matters. Unix seconds. */
import { useEffect, useState } from 'react'

/** @param everyMs how often it renders again; undefined = never */
export function useNowS(everyMs: number | undefined): number {
  const [nowS, setNowS] = useState(() => Date.now() / 1000)
  useEffect(() => {
    if (everyMs === undefined) return
    const tick = (): void => setNowS(Date.now() / 1000)
    tick()
    const timer = setInterval(tick, everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return nowS
}
