/** Chooses what the colors of the bars mean; shown where energy is measured. */
import { useApp, useAppState } from '../page/app.tsx'
import type { ColorBy } from '../model/view-state.ts'
import { ChevronIcon } from '../ui/icons.tsx'
import { RadioMenu, type ChoiceSection } from '../ui/RadioMenu.tsx'
import { setColorBy } from '../store/transitions.ts'

const LABELS = { kind: 'kind', joules: 'energy', watts: 'power' } as const
const CHOICES = (['kind', 'joules', 'watts'] as const).map((key) => [key, LABELS[key]] as const)
const SECTIONS: readonly ChoiceSection<ColorBy>[] = [{ heading: 'Color bars by', choices: CHOICES }]

export function ColorPicker() {
  const { store } = useApp()
  const colorBy = useAppState((state) => state.colorBy)
  const isMeasured = useAppState((state) => state.energy?.totalJ !== undefined)
  if (!isMeasured) return undefined
  return (
    <RadioMenu
      className="button quiet color-trigger"
      value={colorBy}
      sections={SECTIONS}
      onChange={(next) => store.update(setColorBy, next)}
    >
      <i className={`color-mark ${colorBy}`} aria-hidden="true" />
      <span className="unseen">Bars colored by </span>
      <span className="group-by">{LABELS[colorBy]}</span>
      <ChevronIcon size={12} />
    </RadioMenu>
  )
}
