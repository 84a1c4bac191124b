/** Samples this machine's power for a recorder. Loads the meters only when power is recorded. */
import type { PowerSetup } from './platform.ts'

/** Starts sampling; returns a function that stops it, also before the meters are loaded. */
export function startPower({ intervalMs, nowS, onSample, say }: PowerSetup): () => void {
  let stop: (() => void) | undefined
  let isStopped = false
  const begin = async () => {
    const { samplePower } = await import('@wattline/power')
    if (isStopped) return
    const onWarning = (text: string) => say(`power: ${text}`)
    const sampling = samplePower({ onSample, onWarning }, { intervalMs, nowS })
    stop = () => sampling.stop()
  }
  begin().catch((error: unknown) => say(`power cannot be read: ${String(error)}`))
  return () => {
    isStopped = true
    stop?.()
  }
}
