/** What the rows are grouped by. */
import { DropdownMenu } from 'radix-ui'
import { useApp, useFacts } from '../page/app.tsx'
import { change } from '../store/store.ts'
import { setGroupBy } from '../store/transitions.ts'
import { ChevronIcon, GroupIcon } from '../ui/icons.tsx'

const BUILT_IN = ['agent', 'kind', 'tool', 'model']

export function GroupPicker() {
  const { store } = useApp()
  const groupBy = useFacts((state) => state.groupBy)
  const found = useFacts((state) => state.groupKeys).filter((key) => !BUILT_IN.includes(key))
  const isBusy = useFacts((state) => state.regrouping)
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button quiet group-trigger" aria-busy={isBusy}>
        <GroupIcon size={14} />
        <span className="unseen">Grouped </span>
        <span className="group-by">by {groupBy}</span>
        <ChevronIcon size={12} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.RadioGroup
            value={groupBy}
            onValueChange={(key) => change(store, setGroupBy, key)}
          >
            <DropdownMenu.Label className="menu-label">Group rows by</DropdownMenu.Label>
            {BUILT_IN.map((key) => (
              <Item key={key} value={key} />
            ))}
            {found.length > 0 && <DropdownMenu.Separator className="menu-line" />}
            {found.length > 0 && (
              <DropdownMenu.Label className="menu-label">Metadata of this run</DropdownMenu.Label>
            )}
            {found.map((key) => (
              <Item key={key} value={key} />
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Item({ value }: { value: string }) {
  return (
    <DropdownMenu.RadioItem className="menu-item" value={value}>
      {value}
    </DropdownMenu.RadioItem>
  )
}
