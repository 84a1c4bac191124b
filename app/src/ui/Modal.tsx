/**
 * A modal dialog, based on the browser's <dialog>: it traps the focus, makes the page behind it
 * inert, closes with Esc and restores the focus. It needs no inline style, so it works under a
 * strict content security policy.
 */
import { useLayoutEffect, useRef, type ReactNode, type RefObject } from 'react'
import { CloseIcon } from './icons.tsx'

export interface ModalProps {
  readonly title: string
  /** The title is only the accessible name; nothing is shown. */
  readonly quietTitle?: boolean
  readonly className?: string
  /** The element to focus first; by default the browser's choice. */
  readonly firstFocus?: RefObject<HTMLElement | null>
  readonly onClose: () => void
  readonly children: ReactNode
}

export function Modal({
  title,
  quietTitle = false,
  className = '',
  firstFocus,
  onClose,
  children,
}: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  // A layout effect: a passive one cleans up after the dialog has left the page, too late to restore the focus.
  useLayoutEffect(() => {
    const current = dialog.current
    current?.showModal()
    // React applies autoFocus before the dialog opens, and the browser focuses the first element.
    firstFocus?.current?.focus()
    return () => current?.close()
  }, [firstFocus])

  return (
    <dialog
      ref={dialog}
      className={`modal ${className}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div className="modal-body">
        {!quietTitle && (
          <header className="modal-header">
            <h2>{title}</h2>
            <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
              <CloseIcon />
            </button>
          </header>
        )}
        {children}
      </div>
    </dialog>
  )
}
