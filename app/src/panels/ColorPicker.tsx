/** What the colours of the bars mean; offered where energy is measured. */
import { DropdownMenu } from 'radix-ui'
import { useApp, useFacts } from '../page/app.tsx'
import type { ColorBy } from '../model/view-state.ts'
import { ChevronIcon } from '../ui/icons.tsx'

const CHOICES: readonly ColorBy[] = ['kind', 'joules', 'watts']

export function ColorPicker() {
  const { store } = useApp()
  const colorBy = useFacts((state) => state.colorBy)
  const isMeasured = useFacts((state) => state.energy?.totalJ !== undefined)
  if (!isMeasured) return undefined
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button quiet color-trigger">
        <i className={`color-mark ${colorBy}`} aria-hidden="true" />
        <span className="unseen">Bars coloured by </span>
        <span className="group-by">{colorBy}</span>
        <ChevronIcon size={12} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.RadioGroup
            value={colorBy}
            onValueChange={(next) => store.setState({ colorBy: next as ColorBy })}
          >
            <DropdownMenu.Label className="menu-label">Colour bars by</DropdownMenu.Label>
            {CHOICES.map((choice) => (
              <DropdownMenu.RadioItem key={choice} className="menu-item" value={choice}>
                {choice}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
