/** The button that shows how many problems the data has and opens the data quality dialog. */
import { useApp, useAppState } from '../page/app.tsx'
import { formatInteger, counted } from '../base/format.ts'
import { Button } from '../ui/Button.tsx'
import { CheckIcon, WarningIcon } from '../ui/icons.tsx'
import { countProblems, withClockSkew } from './problems.ts'
import { setFields } from '../store/transitions.ts'

export function QualityButton() {
  const { store } = useApp()
  const isKnown = useAppState((state) => state.quality !== undefined)
  const writers = useAppState((state) => state.writers)
  const tornLine = useAppState((state) => state.tornLine)
  if (!isKnown) return undefined
  const { uncertain, others } = countProblems(writers)
  // A skewed clock matters only where bars of several writers are compared.
  const clocks = writers.length > 1 ? withClockSkew(writers).length : 0
  const problems = others + clocks + (tornLine === undefined ? 0 : 1)
  const parts = [
    ...(problems > 0 ? [counted(problems, 'data problem')] : []),
    ...(uncertain > 0 ? [`${formatInteger(uncertain)} uncertain`] : []),
  ]
  const isWell = parts.length === 0
  const text = isWell ? 'No data problems' : parts.join(', ')
  return (
    <Button
      aria-label={`Data quality: ${text}`}
      title={`Data quality: ${text}`}
      className={`button quiet quality ${isWell ? '' : 'warn'}`}
      aria-haspopup="dialog"
      onClick={() => store.update(setFields, { dialog: 'quality' })}
    >
      {isWell ? <CheckIcon size={14} /> : <WarningIcon size={14} />}
      <span className="quality-text">{text}</span>
    </Button>
  )
}
