/** A button that does not submit a form; by default with the look of a button. */
import type { ComponentProps } from 'react'

export function Button({ className = 'button', ...rest }: ComponentProps<'button'>) {
  return <button type="button" className={className} {...rest} />
}
