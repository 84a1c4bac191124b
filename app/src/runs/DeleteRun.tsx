/** The confirmation before a run and its log are deleted. */
import { useRef, useState } from 'react'
import { useApp } from '../page/app.tsx'
import type { RunEntry } from '../model/run-info.ts'
import { Modal } from '../ui/Modal.tsx'
import { deleteRun } from '../page/server-api.ts'

export function DeleteRun({
  run,
  onDone,
}: {
  run: RunEntry
  onDone: (isDeleted: boolean) => void
}) {
  const { base } = useApp()
  const cancel = useRef<HTMLButtonElement>(null)
  const [reason, setReason] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const confirm = async (): Promise<void> => {
    setBusy(true)
    try {
      await deleteRun(base, run.id)
      onDone(true)
    } catch (error) {
      setReason(error instanceof Error ? error.message : String(error))
      setBusy(false)
    }
  }
  return (
    <Modal
      title="Delete this run?"
      className="confirm"
      firstFocus={cancel}
      onClose={() => onDone(false)}
    >
      <p>
        <strong>{run.name}</strong> and its log are deleted from the server’s folder. This cannot be
        undone.
        {run.state === 'live' && ' Its recorder is still writing and will be stopped.'}
      </p>
      {reason !== undefined && (
        <p role="alert" className="bad">
          {reason}
        </p>
      )}
      <div className="modal-buttons">
        <button type="button" className="button" ref={cancel} onClick={() => onDone(false)}>
          Cancel
        </button>
        <button
          type="button"
          className="button danger"
          disabled={isBusy}
          onClick={() => void confirm()}
        >
          Delete
        </button>
      </div>
    </Modal>
  )
}
