/** A square button with an icon. The label is its accessible name and, with the shortcut, its tooltip. */
import type { ComponentProps, ReactNode } from 'react'
import { Tip } from './Tip.tsx'

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label' | 'title'> {
  readonly label: string
  readonly shortcut?: string
  readonly children: ReactNode
}

export function IconButton({ label, shortcut, children, className, ...rest }: IconButtonProps) {
  return (
    <Tip label={label} shortcut={shortcut}>
      <button
        type="button"
        className={`icon-button ${className ?? ''}`}
        aria-label={label}
        aria-keyshortcuts={shortcut === undefined ? undefined : ariaKey(shortcut)}
        {...rest}
      >
        {children}
      </button>
    </Tip>
  )
}

/** Converts a shortcut such as `Ctrl+K` or `Shift+←` to the key names of `aria-keyshortcuts`. */
function ariaKey(shortcut: string): string {
  return shortcut.replace('←', 'ArrowLeft').replace('→', 'ArrowRight').replace('Ctrl', 'Control')
}
