/** A menu button that chooses one of several values. */
import { DropdownMenu } from 'radix-ui'
import { Fragment, type ComponentProps } from 'react'

export interface ChoiceSection<T> {
  readonly heading?: string
  readonly choices: readonly T[]
}

export interface RadioMenuProps<T> extends Omit<ComponentProps<'button'>, 'value' | 'onChange'> {
  readonly value: T
  readonly sections: readonly ChoiceSection<T>[]
  /** The text of a choice. */
  readonly label?: (value: T) => string
  readonly onChange: (value: T) => void
  readonly menuClassName?: string
  readonly side?: 'top' | 'bottom'
}

/** The remaining props and the children are those of the button that opens the menu. */
export function RadioMenu<T extends string | number>({
  value,
  sections,
  label = String,
  onChange,
  menuClassName = 'menu',
  side = 'bottom',
  ...trigger
}: RadioMenuProps<T>) {
  const choose = (key: string): void => {
    const choices = sections.flatMap((section) => section.choices)
    const chosen = choices.find((candidate) => String(candidate) === key)
    if (chosen !== undefined) onChange(chosen)
  }
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger {...trigger} />
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={menuClassName}
          side={side}
          align="end"
          sideOffset={4}
          collisionPadding={8}
        >
          <DropdownMenu.RadioGroup value={String(value)} onValueChange={choose}>
            {sections.map(({ heading, choices }, at) => (
              <Fragment key={heading ?? at}>
                {at > 0 && <DropdownMenu.Separator className="menu-line" />}
                {heading !== undefined && (
                  <DropdownMenu.Label className="menu-label">{heading}</DropdownMenu.Label>
                )}
                {choices.map((choice) => (
                  <DropdownMenu.RadioItem key={choice} className="menu-item" value={String(choice)}>
                    {label(choice)}
                  </DropdownMenu.RadioItem>
                ))}
              </Fragment>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
