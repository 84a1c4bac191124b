/** A word that is always in sight: is the picture to be believed? */
import { useApp, useAppState } from '../page/app.tsx'
import { CheckIcon, WarningIcon } from '../ui/icons.tsx'
import { doubtCount, withOtherClock } from './doubts.ts'
import { setDialog } from '../store/transitions.ts'

export function QualityButton() {
  const { store } = useApp()
  const isKnown = useAppState((state) => state.quality !== undefined)
  const writers = useAppState((state) => state.writers)
  const tornLine = useAppState((state) => state.tornLine)
  if (!isKnown) return undefined
  // One clock alone is right by itself; two that differ shift bars against each other.
  const clocks = writers.length > 1 ? withOtherClock(writers).length : 0
  const doubts = doubtCount(writers) + clocks + (tornLine === undefined ? 0 : 1)
  const text = doubts > 0 ? doubts.toLocaleString('en') : 'ok'
  return (
    <button
      type="button"
      aria-label={`data quality: ${text}`}
      className={`button quiet quality ${doubts > 0 ? 'warn' : ''}`}
      aria-haspopup="dialog"
      onClick={() => store.update(setDialog, 'quality')}
    >
      {doubts > 0 ? <WarningIcon size={14} /> : <CheckIcon size={14} />}
      <span className="quality-word">data quality:</span> {text}
    </button>
  )
}
