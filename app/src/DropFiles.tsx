/**
 * Files come in here: dropped anywhere, or chosen in the page's one file input. One file opens at
 * once; several become a list of runs, each of which is read when it is looked at. Telemetry that is
 * dropped onto a run is laid beside it.
 */
import { isTelemetry } from '@wattline/trace'
import { useEffect, useState } from 'react'
import { useApp, type App } from './page/app.tsx'
import { enterRun } from './store/run-transitions.ts'
import { setNotice } from './store/transitions.ts'

/** Enough for a first line. */
const HEAD_BYTES = 64 * 1024

/** Takes files: telemetry goes to the run on screen, the others are shown, as a run or as a list. */
export async function takeFiles(
  app: Pick<App, 'store' | 'files' | 'ingest'>,
  added: readonly File[],
): Promise<void> {
  const isOnRun = app.store.getState().runId !== undefined
  const kinds = isOnRun ? await Promise.all(added.map(holdsTelemetry)) : []
  for (const [at, file] of added.entries()) if (kinds[at] === true) addTelemetry(app, file)
  openFiles(
    app,
    added.filter((_, at) => kinds[at] !== true),
  )
}

/** What cannot be read, a folder say, is opened like a log: that tells why. */
async function holdsTelemetry(file: File): Promise<boolean> {
  return file
    .slice(0, HEAD_BYTES)
    .text()
    .then(isTelemetry, () => false)
}

function addTelemetry({ store, ingest }: Pick<App, 'store' | 'ingest'>, file: File): void {
  ingest.ask('addTelemetry', { file }).then(
    ({ note }) => {
      store.update(setNotice, note === undefined ? undefined : { text: note, isBad: false })
    },
    (error: Error) => store.update(setNotice, { text: error.message, isBad: true }),
  )
}

/** Shows files: the one, or the list. */
export function openFiles(
  { store, files }: Pick<App, 'store' | 'files'>,
  added: readonly File[],
): void {
  if (added.length === 0) return
  const ids = files.add(added)
  // The same name may be on screen already: leaving it first makes the new file be read.
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
          <p>Drop logs to open them, or telemetry to lay it beside the run</p>
        </div>
      )}
    </>
  )
}

/** Whether files are dragged over the page; drops are handed on. */
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
    window.addEventListener('dragover', over)
    window.addEventListener('dragleave', leave)
    window.addEventListener('drop', drop)
    return () => {
      window.removeEventListener('dragover', over)
      window.removeEventListener('dragleave', leave)
      window.removeEventListener('drop', drop)
    }
  })
  return isOver
}
