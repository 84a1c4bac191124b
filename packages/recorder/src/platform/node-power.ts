/** This machine's power as samples of a recorder. The meters are loaded when somebody asks for them. */
import type { PowerSetup } from '../recorder.ts'

/** Returns what ends it; it may not have begun by then. */
export function startPower({ intervalMs, nowS, onSample, say }: PowerSetup): () => void {
  let stop: (() => void) | undefined
  let isOver = false
  const begin = async () => {
    const { samplePower } = await import('@wattline/power')
    if (isOver) return
    const onNote = (text: string) => say(`power: ${text}`)
    const sampling = samplePower({ onSample, onNote }, { intervalMs, nowS })
    stop = () => sampling.stop()
  }
  begin().catch((error: unknown) => say(`power cannot be read: ${String(error)}`))
  return () => {
    isOver = true
    stop?.()
  }
}
