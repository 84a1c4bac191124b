/** The confirmation before a run and its log are deleted. */
import { useRef, useState } from 'react'
import { useApp } from '../page/app.tsx'
import type { RunEntry } from '../model/run-info.ts'
import { Button } from '../ui/Button.tsx'
import { Modal } from '../ui/Modal.tsx'
import { useAttempt } from '../ui/use-attempt.tsx'
import { deleteRun } from '../page/server-api.ts'

interface DeleteRunProps {
  readonly run: RunEntry
  readonly onDone: (isDeleted: boolean) => void
}

export function DeleteRun({ run, onDone }: DeleteRunProps) {
  const { base } = useApp()
  const cancel = useRef<HTMLButtonElement>(null)
  const { failure, attempt } = useAttempt()
  const [isBusy, setBusy] = useState(false)
  const confirm = async (): Promise<void> => {
    setBusy(true)
    if (await attempt(() => deleteRun(base, run.id))) onDone(true)
    else setBusy(false)
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
      {failure !== undefined && <p>{failure}</p>}
      <div className="modal-buttons">
        <Button ref={cancel} onClick={() => onDone(false)}>
          Cancel
        </Button>
        <Button className="button danger" disabled={isBusy} onClick={() => void confirm()}>
          Delete
        </Button>
      </div>
    </Modal>
  )
}
