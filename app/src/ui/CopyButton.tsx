/** Copies a text to the clipboard and confirms it. The text may be loaded on demand. */
import { useEffect, useState } from 'react'
import { CheckIcon, CopyIcon } from './icons.tsx'
import { IconButton } from './IconButton.tsx'

const MESSAGE_MS = 1600

export interface CopyButtonProps {
  readonly label: string
  readonly text: string | (() => Promise<string>)
}

export function CopyButton({ label, text }: CopyButtonProps) {
  const [message, setMessage] = useState<string>()
  useEffect(() => {
    if (message === undefined) return
    const timer = setTimeout(() => setMessage(undefined), MESSAGE_MS)
    return () => clearTimeout(timer)
  }, [message])

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text())
      setMessage('Copied')
    } catch {
      setMessage('The browser did not allow copying')
    }
  }

  return (
    <>
      <IconButton label={label} className="small" onClick={() => void copy()}>
        {message === 'Copied' ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
      </IconButton>
      <span
        role="status"
        className={message === undefined || message === 'Copied' ? 'unseen' : 'muted'}
      >
        {message}
      </span>
    </>
  )
}
