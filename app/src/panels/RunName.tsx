/** The name of the run in the header. A run that is not read-only can be renamed in place. */
import { isBlank } from '@wattline/trace'
import { useEffect, useRef, useState } from 'react'
import { useApp } from '../page/app.tsx'
import type { RunEntry } from '../model/run-info.ts'
import { renameRun } from '../page/server-api.ts'
import { PencilIcon } from '../ui/icons.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { setRunName } from '../store/run-transitions.ts'
import { useAttempt } from '../ui/use-attempt.tsx'

export function RunName({ run }: { run: RunEntry }) {
  const [isEditing, setEditing] = useState(false)
  if (isEditing) return <NameField run={run} onDone={() => setEditing(false)} />
  return (
    <>
      <h1 className="run-name" dir="auto" title={`${run.name}\n${run.id}`}>
        {isBlank(run.name) ? run.id : run.name}
      </h1>
      {!run.readOnly && (
        <IconButton label="Rename" className="small rename" onClick={() => setEditing(true)}>
          <PencilIcon size={13} />
        </IconButton>
      )}
    </>
  )
}

/**
 * The text field for a new name. Enter and leaving the field save it, Esc cancels. After either key
 * the focus returns to the element that had it before.
 */
export function NameField({ run, onDone }: { run: RunEntry; onDone: (name?: string) => void }) {
  const { base, store, timeline } = useApp()
  const [name, setName] = useState(run.name)
  const { failure, attempt } = useAttempt()
  const field = useRef<HTMLInputElement>(null)
  const isDone = useRef(false)
  const isLeftByKey = useRef(false)
  useEffect(() => {
    const opener = document.activeElement
    const behind = timeline.current
    field.current?.focus()
    field.current?.select()
    return () => {
      if (!isLeftByKey.current) return
      // The button in the header is gone after editing: then focus the timeline.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
      if (document.activeElement === document.body) behind?.focus()
    }
  }, [timeline])

  const save = async (): Promise<void> => {
    if (isDone.current) return
    isDone.current = true
    const wanted = name.trim()
    if (wanted === '' || wanted === run.name) return onDone()
    isDone.current = await attempt(() => renameRun(base, run.id, wanted))
    if (!isDone.current) return
    store.update(setRunName, run.id, wanted)
    onDone(wanted)
  }

  return (
    <span className="name-field">
      <input
        ref={field}
        aria-label="Name of the run"
        aria-invalid={failure !== undefined}
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          event.stopPropagation()
          isLeftByKey.current = event.key === 'Enter' || event.key === 'Escape'
          if (event.key === 'Enter') void save()
          if (event.key === 'Escape') {
            isDone.current = true
            onDone()
          }
        }}
      />
      {failure}
    </span>
  )
}
