/** Opens local files: the button that shows the browser's file chooser. */
import { useStore } from 'zustand'
import { useApp, useAppState } from '../page/app.tsx'
import { missingFile } from '../store/local-files.ts'
import { FolderIcon } from '../ui/icons.tsx'

export function OpenFileButton() {
  const { fileInput } = useApp()
  return (
    <button type="button" className="button" onClick={() => fileInput.current?.click()}>
      <FolderIcon size={14} /> Open file
    </button>
  )
}

/** The name of the local file on screen, if it has to be chosen again because the page was reloaded. */
export function useMissingFile(): string | undefined {
  const files = useStore(useApp().files)
  return missingFile(
    files,
    useAppState((state) => state.runId),
  )
}
