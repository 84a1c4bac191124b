/**
 * Opens files that are dropped onto the page or chosen in its file input. One file opens
 * immediately; several become a list of runs, each read when it is opened. Telemetry dropped onto a
 * run adds power data to it.
 */
import { isTelemetry } from '@wattline/trace'
import { useEffect, useState } from 'react'
import { useApp, type App } from './page/app.tsx'
import { enterRun } from './store/run-transitions.ts'
import { setFields } from './store/transitions.ts'

/** Enough to contain the first line. */
const HEAD_BYTES = 64 * 1024

/** Adds telemetry files to the run on screen and opens all other files. */
export async function takeFiles(
  app: Pick<App, 'store' | 'files' | 'ingest'>,
  added: readonly File[],
): Promise<void> {
  const isOnRun = app.store.getState().runId !== undefined
  const kinds = isOnRun ? await Promise.all(added.map(isTelemetryFile)) : []
  for (const [at, file] of added.entries()) if (kinds[at] === true) addTelemetry(app, file)
  openFiles(
    app,
    added.filter((_, at) => kinds[at] !== true),
  )
}

/** A file that cannot be read, such as a folder, counts as a log: opening it shows the reason. */
async function isTelemetryFile(file: File): Promise<boolean> {
  return file
    .slice(0, HEAD_BYTES)
    .text()
    .then(isTelemetry, () => false)
}

function addTelemetry({ store, ingest }: Pick<App, 'store' | 'ingest'>, file: File): void {
  ingest.ask('addTelemetry', { file }).then(
    ({ note }) => {
      store.update(setFields, {
        notice: note === undefined ? undefined : { text: note, isBad: false },
      })
    },
    (error: Error) => store.update(setFields, { notice: { text: error.message, isBad: true } }),
  )
}

/** Opens a single file as a run; several become a list. */
export function openFiles(
  { store, files }: Pick<App, 'store' | 'files'>,
  added: readonly File[],
): void {
  if (added.length === 0) return
  const ids = files.add(added)
  // Leave the current run first: a new file of the same name has the same id.
  store.update(enterRun, undefined)
  if (ids.length === 1) store.update(enterRun, ids[0])
}

export function DropFiles() {
  const app = useApp()
  const { fileInput } = app
  const isOver = useFileDrag((files) => void takeFiles(app, files))
  return (
    <>
      <input
        ref={fileInput}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          void takeFiles(app, [...(event.target.files ?? [])])
          event.target.value = ''
        }}
      />
      {isOver && (
        <div className="drop-zone" role="status">
          <p>Drop logs to open them, or telemetry to add power data to this run</p>
        </div>
      )}
    </>
  )
}

/** Whether files are dragged over the page. Calls `onDrop` with dropped files. */
function useFileDrag(onDrop: (files: readonly File[]) => void): boolean {
  const [isOver, setOver] = useState(false)
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes('Files') === true
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(true)
    }
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false)
    }
    const drop = (event: DragEvent): void => {
      setOver(false)
      if (!hasFiles(event)) return
      event.preventDefault()
      onDrop([...(event.dataTransfer?.files ?? [])])
    }
    const abort = new AbortController()
    window.addEventListener('dragover', over, { signal: abort.signal })
    window.addEventListener('dragleave', leave, { signal: abort.signal })
    window.addEventListener('drop', drop, { signal: abort.signal })
    return () => abort.abort()
  })
  return isOver
}
