/** Copies a text and says so. The text may come from the worker, so it may take a moment. */
import { useEffect, useState } from 'react'
import { CheckIcon, CopyIcon } from './icons.tsx'
import { IconButton } from './IconButton.tsx'

const SAID_FOR_MS = 1600

export interface CopyButtonProps {
  readonly label: string
  readonly text: string | (() => Promise<string>)
}

export function CopyButton({ label, text }: CopyButtonProps) {
  const [said, setSaid] = useState<string>()
  useEffect(() => {
    if (said === undefined) return
    const timer = setTimeout(() => setSaid(undefined), SAID_FOR_MS)
    return () => clearTimeout(timer)
  }, [said])

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text())
      setSaid('Copied')
    } catch {
      setSaid('The browser did not allow copying')
    }
  }

  return (
    <>
      <IconButton label={label} className="small" onClick={() => void copy()}>
        {said === 'Copied' ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
      </IconButton>
      <span role="status" className={said === undefined || said === 'Copied' ? 'unseen' : 'muted'}>
        {said}
      </span>
    </>
  )
}
