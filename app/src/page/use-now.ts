/** The wall clock in a component, while it matters. Unix seconds. */
import { useEffect, useState } from 'react'
import { useApp } from './app.tsx'
import { createBehindPicture } from './behind-picture.ts'

/** @param everyMs how often it renders again; undefined = never */
export function useNowS(everyMs: number | undefined): number {
  const app = useApp()
  const [nowS, setNowS] = useState(() => Date.now() / 1000)
  useEffect(() => {
    if (everyMs === undefined) return
    const behindPicture = createBehindPicture(app)
    const show = (): void => setNowS(Date.now() / 1000)
    const tick = (): void => behindPicture(show)
    show()
    const timer = setInterval(tick, everyMs)
    return () => clearInterval(timer)
  }, [app, everyMs])
  return nowS
}
