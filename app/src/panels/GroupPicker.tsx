/** Chooses the key that rows are grouped by: a built-in one, or a metadata key of this run. */
import { BUILT_IN_GROUP_KEYS } from '@wattline/trace'
import { useApp, useAppState } from '../page/app.tsx'
import { setGroupBy } from '../store/transitions.ts'
import { ChevronIcon, GroupIcon } from '../ui/icons.tsx'
import { RadioMenu, type ChoiceSection } from '../ui/RadioMenu.tsx'

export function GroupPicker() {
  const { store } = useApp()
  const groupBy = useAppState((state) => state.groupBy)
  const found = useAppState((state) => state.groupKeys).filter(
    (key) => !BUILT_IN_GROUP_KEYS.includes(key),
  )
  const isBusy = useAppState((state) => state.regrouping)
  const sections = [section('Group rows by', BUILT_IN_GROUP_KEYS)]
  if (found.length > 0) sections.push(section('Metadata of this run', found))
  return (
    <RadioMenu
      className="button quiet group-trigger"
      aria-busy={isBusy}
      value={groupBy}
      sections={sections}
      onChange={(key) => store.update(setGroupBy, key)}
    >
      <GroupIcon size={14} />
      <span className="unseen">Grouped </span>
      <span className="group-by">by {groupBy}</span>
      <ChevronIcon size={12} />
    </RadioMenu>
  )
}

function section(heading: string, keys: readonly string[]): ChoiceSection<string> {
  return { heading, choices: keys.map((key) => [key, key]) }
}
