/** The wall clock in a component, Unix seconds. */
import { useEffect, useState } from 'react'
import { useApp } from './app.tsx'
import { createRenderScheduler } from './render-scheduler.ts'

/** @param everyMs how often the component renders again; undefined = never */
export function useNowS(everyMs: number | undefined): number {
  const app = useApp()
  const [nowS, setNowS] = useState(() => Date.now() / 1000)
  useEffect(() => {
    if (everyMs === undefined) return
    const schedule = createRenderScheduler(app)
    const update = (): void => setNowS(Date.now() / 1000)
    update()
    const timer = setInterval(() => schedule(update), everyMs)
    return () => clearInterval(timer)
  }, [app, everyMs])
  return nowS
}
