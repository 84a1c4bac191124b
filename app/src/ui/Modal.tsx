/**
 * A modal dialog: the browser's own <dialog>, which keeps the focus inside, makes the page behind
 * it inert, closes with Esc and gives the focus back. It needs no style element, so it works under
 * the strictest content security policy. What is marked `data-focus` has the focus first.
 */
import { useLayoutEffect, useRef, type ReactNode } from 'react'
import { CloseIcon } from './icons.tsx'

export interface ModalProps {
  readonly title: string
  /** A title that is heard but not shown. */
  readonly quietTitle?: boolean
  readonly className?: string
  readonly onClose: () => void
  readonly children: ReactNode
}

export function Modal({
  title,
  quietTitle = false,
  className = '',
  onClose,
  children,
}: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  // Not a plain effect: that ends when the dialog is gone from the page, too late to give focus back.
  useLayoutEffect(() => {
    const current = dialog.current
    current?.showModal()
    // React's autoFocus comes before the dialog is open, and the browser's own choice is what stands first.
    current?.querySelector<HTMLElement>('[data-focus]')?.focus()
    return () => current?.close()
  }, [])

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
